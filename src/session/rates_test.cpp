// Streams that are limited: what leaves, and when.

#include <gtest/gtest.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Instant begin{seconds(100)};
const CallId download = id_of(Download::proc, 1);

// A daemon without pings, whose download is open.
class Limited : public ::testing::Test {
 protected:
  static Options options() {
    Options options = sample_options();
    options.ping_interval = Duration::zero();
    return options;
  }
  void SetUp() override {
    daemon.session.tick(begin);
    daemon.arrives(call(Download::proc, 1));
    daemon.session.accept(download, {});
    daemon.said();
    daemon.told();
  }
  Sends sends() const { return daemon.session.standing(download).sends; }
  Alone daemon{Side::daemon, options()};
};

TEST_F(Limited, DataWaitForTheirTime) {
  EXPECT_EQ(daemon.session.limit(download, 2048, begin), 2048u);
  daemon.ready(download, std::string(3000, 'x'));
  EXPECT_EQ(daemon.said(), "STREAM download #1 more 1024 bytes\n");
  EXPECT_EQ(sends(), Sends::rate);
  EXPECT_FALSE(daemon.session.wants_to_send());
  ASSERT_EQ(daemon.session.deadline(), begin + milliseconds(500));
  daemon.session.tick(begin + milliseconds(499));
  EXPECT_EQ(daemon.said(), "");
  daemon.session.tick(begin + milliseconds(500));
  EXPECT_EQ(daemon.said(), "STREAM download #1 more 1024 bytes\n");
}

TEST_F(Limited, WhoTellsTheTimeWakesThem) {
  daemon.session.limit(download, 1024, begin);
  daemon.ready(download, std::string(2000, 'x'));
  daemon.said();
  daemon.session.at(begin + seconds(1));
  EXPECT_TRUE(daemon.session.wants_to_send());
  EXPECT_EQ(daemon.said(), "STREAM download #1 more 976 bytes\n");
}

TEST_F(Limited, AnothersLimitTellsTheTimeToo) {
  const CallId other = id_of(Download::proc, 2);
  daemon.arrives(call(Download::proc, 2));
  daemon.session.accept(other, {});
  daemon.session.limit(download, 1024, begin);
  daemon.ready(download, std::string(1024, 'x'));
  daemon.said();
  daemon.ready(download, std::string(100, 'x'));  // not yet, as far as the session knows
  daemon.session.limit(other, 1024, begin + seconds(2));
  EXPECT_EQ(daemon.said(), "STREAM download #1 more 100 bytes\n");
}

TEST_F(Limited, TheEndAndFailuresDoNotWait) {
  daemon.session.limit(download, 1024, begin);
  daemon.ready(download, std::string(1024, 'x'));
  daemon.said();
  daemon.session.end(download);
  EXPECT_EQ(daemon.said(), "STREAM download #1 more\n");
  EXPECT_EQ(sends(), Sends::all);
  daemon.session.fail(download, error(Code::operation_failed, "no"));
  EXPECT_EQ(daemon.said(), "STREAM download #1 error 9 no\n");
  EXPECT_FALSE(daemon.session.limits()) << "a stream that is closed is forgotten";
}

TEST_F(Limited, AFailureDropsWhatWaits) {
  daemon.session.limit(download, 1024, begin);
  daemon.ready(download, std::string(5000, 'x'));
  daemon.said();
  daemon.session.fail(download, error(Code::operation_failed, "no"));
  EXPECT_EQ(daemon.said(), "STREAM download #1 error 9 no\n");
  EXPECT_EQ(daemon.session.deadline(), std::nullopt);
  EXPECT_EQ(daemon.session.limit(download, 1024, begin), 0u) << "it is closed";
}

TEST_F(Limited, AHigherLimitAndNoneAreFeltWhileWaiting) {
  daemon.session.limit(download, 1024, begin);
  daemon.ready(download, std::string(200'000, 'x'));
  daemon.said();
  daemon.session.limit(download, 1024 * 1024, begin);
  ASSERT_TRUE(daemon.session.deadline());
  EXPECT_LE(*daemon.session.deadline(), begin + milliseconds(1));
  EXPECT_EQ(daemon.session.limit(download, 0, begin), 0u);
  EXPECT_EQ(daemon.said(), "STREAM download #1 more 198976 bytes\n");
  EXPECT_EQ(daemon.session.deadline(), std::nullopt);
}

TEST_F(Limited, ALowerLimitIsFeltWithTheNextFrame) {
  daemon.session.limit(download, 1'000'000, begin);
  daemon.ready(download, std::string(200'000, 'x'));
  daemon.said();
  daemon.session.limit(download, 1024, begin);
  daemon.session.tick(*daemon.session.deadline());
  EXPECT_EQ(daemon.said(), "STREAM download #1 more 1024 bytes\n");
}

TEST_F(Limited, OthersAreNotHeldUp) {
  daemon.arrives(call(Download::proc, 2));
  const CallId other = id_of(Download::proc, 2);
  daemon.session.accept(other, {});
  daemon.said();
  daemon.session.limit(download, 1024, begin);
  daemon.ready(download, std::string(5000, 'x'));
  daemon.ready(other, std::string(50'000, 'y'));
  EXPECT_EQ(daemon.said(10'000),
            "STREAM download #1 more 1024 bytes\nSTREAM download #2 more 10000 bytes\n"
            "STREAM download #2 more 10000 bytes\nSTREAM download #2 more 10000 bytes\n"
            "STREAM download #2 more 10000 bytes\nSTREAM download #2 more 10000 bytes\n");
}

TEST(Standing, TellsWhetherTheWindowOrTheTransportHoldsAStream) {
  Alone daemon(Side::daemon);
  daemon.become_extended();
  daemon.arrives(call(Download::proc, 1));
  EXPECT_EQ(daemon.session.standing(download).phase, Phase::opening);
  daemon.session.accept(download, {});
  EXPECT_EQ(daemon.session.standing(download).phase, Phase::open);
  EXPECT_EQ(daemon.session.standing(download).sends, Sends::nothing);
  daemon.ready(download, std::string(1000, 'x'));
  EXPECT_EQ(daemon.session.standing(download).sends, Sends::window);
  daemon.window(download, 500);
  EXPECT_EQ(daemon.session.standing(download).may_send, 500u);
  EXPECT_EQ(daemon.session.standing(download).sends, Sends::transport);
  daemon.said();
  EXPECT_EQ(daemon.session.standing(download).may_send, 0u);
  daemon.arrives(abort(Download::proc, 1));
  EXPECT_EQ(daemon.session.standing(download).phase, Phase::aborting);
  daemon.session.fail(download, error(Code::operation_aborted, "stopped"));
  EXPECT_EQ(daemon.session.standing(download).phase, Phase::over);
}

TEST(Standing, TellsWhatMayArrive) {
  Options options = sample_options();
  options.window = 1000;
  Alone daemon(Side::daemon, options);
  daemon.become_extended();
  daemon.arrives(call(Upload::proc, 1));
  daemon.session.accept(id_of(Upload::proc, 1), {});
  EXPECT_EQ(daemon.session.standing(id_of(Upload::proc, 1)).may_arrive, 1000u);
  daemon.arrives(data(Upload::proc, 1), std::string(72, 'x'));
  EXPECT_EQ(daemon.session.standing(id_of(Upload::proc, 1)).may_arrive, 900u);
}

}  // namespace
}  // namespace sluice::session
