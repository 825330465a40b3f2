// Streams that are weighed: how they share what leaves, and what the peer hears of it.

#include <gtest/gtest.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

const CallId first = id_of(Download::proc, 1), second = id_of(Download::proc, 2);
const Header weight_event{
    .program = remote::Extension::number, .version = 1, .procedure = 11, .kind = Kind::event, .serial = 0};

Buffer weight_of(const CallId& id, std::uint32_t weight) {
  return xdr::encode(
      remote::Weight{.program = id.program, .procedure = id.procedure, .serial = id.serial, .weight = weight});
}

// A daemon with two downloads; its peer, if it is a Sluice, has these features.
Alone two_downloads(std::optional<std::uint64_t> features = std::nullopt) {
  Alone daemon(Side::daemon);
  if (features) {
    daemon.become_extended({.software = "Test",
                            .features = *features,
                            .max_message = limits::message_max,
                            .max_streams = 64,
                            .early_window = 1000,
                            .params = {}});
  }
  for (const CallId& id : {first, second}) {
    daemon.arrives(call(Download::proc, id.serial));
    daemon.session.accept(id, {});
    if (features) daemon.window(id, 1 << 20);
  }
  daemon.said();
  daemon.told();
  return daemon;
}

// How many of 400 frames of 100 bytes are the second one's.
int seconds_of_400(Alone& daemon) {
  int seconds = 0;
  for (int i = 0; i < 400; ++i) {
    const auto out = daemon.session.compose(100 - limits::frame_head);
    seconds += *out->stream == second ? 1 : 0;
    daemon.outbox[*out->stream].erase(0, out->body);
  }
  return seconds;
}

void give_both(Alone& daemon) {
  for (const CallId& id : {first, second}) daemon.ready(id, std::string(100'000, 'x'));
}

TEST(Weights, ShareTheLine) {
  Alone daemon = two_downloads();
  give_both(daemon);
  EXPECT_TRUE(daemon.session.weigh(second, 300));
  EXPECT_EQ(daemon.session.standing(first).weight, 100u);
  EXPECT_EQ(daemon.session.standing(second).weight, 300u);
  EXPECT_NEAR(seconds_of_400(daemon), 300, 1);
}

TEST(Weights, ChangeWhileBytesWait) {
  Alone daemon = two_downloads();
  give_both(daemon);
  EXPECT_EQ(seconds_of_400(daemon), 200);
  EXPECT_TRUE(daemon.session.weigh(first, 300));
  EXPECT_NEAR(seconds_of_400(daemon), 100, 1);
}

TEST(Weights, DoNotHoldUpWhoIsAlone) {
  Alone daemon = two_downloads();
  daemon.session.weigh(first, 1);
  daemon.ready(first, std::string(500'000, 'x'));
  EXPECT_EQ(daemon.said(), "STREAM download #1 more 262120 bytes\nSTREAM download #1 more 237880 bytes\n");
}

TEST(Weights, DoNotHoldUpControl) {
  Alone daemon = two_downloads();
  daemon.session.weigh(first, 1000);
  daemon.ready(first, "water");
  daemon.arrives(call(Plain::proc, 9));
  daemon.session.reply(id_of(Plain::proc, 9), {});
  EXPECT_EQ(daemon.said(), "REPLY plain #9 ok\nSTREAM download #1 more 'water'\n");
}

TEST(Weights, LeaveLimitsAsTheyAre) {
  Alone daemon = two_downloads();
  daemon.session.limit(first, 1024, Instant());
  daemon.session.weigh(first, 1000);
  give_both(daemon);
  EXPECT_EQ(daemon.said(), "STREAM download #1 more 1024 bytes\nSTREAM download #2 more 100000 bytes\n");
}

TEST(Weights, ArePartOfTheStreamAndGoWithIt) {
  Alone daemon = two_downloads();
  daemon.session.weigh(first, 300);
  daemon.session.fail(first, error(Code::operation_failed, "no"));
  EXPECT_FALSE(daemon.session.weigh(first, 300));
  EXPECT_EQ(daemon.session.standing(first).weight, 0u);
  daemon.arrives(call(Download::proc, 1));
  daemon.session.accept(first, {});
  EXPECT_EQ(daemon.session.standing(first).weight, 100u) << "another stream of the same serial";
}

TEST(Weights, AreToldToAPeerThatKnowsThem) {
  Alone daemon = two_downloads(7);
  EXPECT_TRUE(daemon.session.weights_possible());
  EXPECT_TRUE(daemon.session.weigh(first, 300));
  EXPECT_EQ(daemon.said(), "WEIGHT download #1 300\n");
}

TEST(Weights, AreNotToldToOthers) {
  for (const std::optional<std::uint64_t> features :
       {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(3)}) {
    Alone daemon = two_downloads(features);
    EXPECT_FALSE(daemon.session.weights_possible());
    EXPECT_TRUE(daemon.session.weigh(first, 300)) << "it sends, so it heeds them";
    EXPECT_EQ(daemon.said(), "");
    daemon.arrives(call(Upload::proc, 3));
    EXPECT_FALSE(daemon.session.weigh(id_of(Upload::proc, 3), 300)) << "the peer sends";
  }
}

TEST(Weights, ThatThePeerTellsHold) {
  Alone daemon = two_downloads(7);
  give_both(daemon);
  daemon.arrives(weight_event, weight_of(second, 300));
  EXPECT_EQ(daemon.told(), "");
  EXPECT_NEAR(seconds_of_400(daemon), 300, 1);
  EXPECT_EQ(daemon.said(1 << 20).find("WEIGHT"), std::string::npos) << "it is not told back";
}

TEST(Weights, OfAnUploadAreHeededByTheClientThatSendsIt) {
  Alone client(Side::client);
  client.become_extended();
  for (int i = 0; i < 2; ++i) client.session.call(Sample::number, Upload::proc, {}, {.reply_last = true});
  client.said();
  const CallId heavy = id_of(Upload::proc, 2), light = id_of(Upload::proc, 1);
  client.arrives(weight_event, weight_of(heavy, 1000));
  client.ready(light, std::string(200, 'x'));
  client.ready(heavy, std::string(200, 'x'));
  EXPECT_EQ(client.said(100),
            "STREAM upload #1 more 100 bytes\nSTREAM upload #2 more 100 bytes\nSTREAM upload #2 more 100 bytes\n"
            "STREAM upload #1 more 100 bytes\n");
}

TEST(Weights, OfStreamsThatAreNotThereAreDropped) {
  Alone daemon = two_downloads(7);
  daemon.arrives(weight_event, weight_of(id_of(Download::proc, 77), 300));
  daemon.arrives(call(Plain::proc, 9));
  daemon.arrives(weight_event, weight_of(id_of(Plain::proc, 9), 300));
  EXPECT_EQ(daemon.told(), "call plain #9\n");
}

TEST(Weights, OutOfBoundsBreakTheConnection) {
  for (const std::uint32_t weight : {0u, 1001u, UINT32_MAX}) {
    Alone daemon = two_downloads(7);
    daemon.arrives(weight_event, weight_of(first, weight));
    EXPECT_NE(daemon.told().find("broken: the peer broke the protocol: a weight of " + std::to_string(weight)),
              std::string::npos);
  }
  Alone daemon = two_downloads(7);
  daemon.arrives(weight_event, Bytes(weight_of(first, 1)).first(12));
  EXPECT_NE(daemon.told().find("broken: the peer broke the protocol: a weight cannot be read"), std::string::npos);
}

TEST(Weights, AreNoCall) {
  Alone daemon = two_downloads(7);
  Header asked = weight_event;
  asked.kind = Kind::call;
  daemon.arrives(asked, weight_of(first, 300));
  EXPECT_EQ(daemon.said(), "REPLY weight #0 error 39 unknown procedure: 11\n");
}

}  // namespace
}  // namespace sluice::session
