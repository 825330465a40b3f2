// A transfer of 200 frames is given up at every boundary, by either end and by both at once, in every kind of stream.
// Both ends agree how it ended, the stream beside it does not notice, and the connection serves a hundred calls after
// it.

#include <gtest/gtest.h>

#include "pair.h"

namespace sluice::sim {
namespace {

constexpr int frames = 200;
enum class Who : std::uint8_t { client, daemon, both };

struct Setting {
  const Proc* proc;
  Who who;
  bool extended;
  bool reply_last = false;
};

class Transfer {
 public:
  explicit Transfer(const Setting& setting) : setting_(setting), pair_(options(), 3) {
    if (setting.extended) {
      pair_.client.session.hello();
      run();
    }
    beside_ = open(session::Upload::proc, false);
    given_up_ = open(*setting.proc, setting.reply_last);
    pair_.client.ready(beside_, std::string(64 * frames, 'b'));
    const std::string bytes(64 * frames, 'x');
    if (setting.proc->stream != Streaming::down) pair_.client.ready(given_up_, bytes);
    if (setting.proc->stream != Streaming::up) pair_.daemon.ready(given_up_, bytes);
  }

  void give_up_at(int boundary) {
    Party& sender = setting_.proc->stream == Streaming::down ? pair_.daemon : pair_.client;
    while (sender.frames_sent[given_up_] < boundary && step(false)) continue;
    ASSERT_EQ(sender.frames_sent[given_up_], boundary);
    if (setting_.who != Who::daemon) {
      pair_.client.session.abort(given_up_, {.code = Code::operation_aborted, .message = "enough"});
    }
    if (setting_.who != Who::client) fail();
    run();
    judge();
    all_goes_on();
  }

 private:
  static Options options() {
    static constexpr std::array programs{Sample::info()};
    Options options;
    options.programs = programs;
    options.window = 2000;
    options.early_window = 2000;
    return options;
  }

  CallId open(const Proc& proc, bool reply_last) {
    const CallId id = pair_.client.session.call(Sample::number, proc, {}, {.reply_last = reply_last});
    run();
    return id;
  }

  void fail() {
    pair_.daemon.session.fail(given_up_, {.code = Code::operation_failed, .message = "disk full"});
    handler_over_ = true;
  }

  // Everything that can move moves.
  void run() {
    while (step(true)) continue;
  }
  bool step(bool all) {
    const bool moved = all ? pair_.step_all() : pair_.step();
    while (const auto event = pair_.daemon.session.next()) std::visit([this](const auto& e) { at_daemon(e); }, *event);
    while (const auto event = pair_.client.session.next()) std::visit([this](const auto& e) { at_client(e); }, *event);
    return moved;
  }

  void at_daemon(const CallArrived& call) {
    if (call.proc->stream == Streaming::none) return pair_.daemon.session.reply(call.id, {});
    pair_.daemon.session.accept(call.id, {});
  }
  void at_daemon(const StreamFailed& failed) {
    ASSERT_EQ(failed.id, given_up_);
    if (!handler_over_) fail();
  }
  void at_daemon(const StreamFinished& finished) { pair_.daemon.session.done(finished.id, {}); }
  void at_daemon(const Broken& broken) { FAIL() << broken.why.message; }
  template <class Other>
  void at_daemon(const Other&) {}

  void at_client(const ReplyArrived& reply) {
    if (reply.id == given_up_ && !reply.outcome) outcomes_ += reply.outcome.error().message + ";";
    if (reply.id.procedure == session::Plain::proc.number) ++answers_;
  }
  void at_client(const StreamConfirmed& confirmed) {
    (confirmed.id == given_up_ ? outcomes_ : beside_outcome_) += confirmed.aborted ? "aborted;" : "done;";
  }
  void at_client(const StreamFailed& failed) { outcomes_ += failed.why.message + ";"; }
  void at_client(const Broken& broken) { FAIL() << broken.why.message; }
  template <class Other>
  void at_client(const Other&) {}

  void judge() const {
    const std::string aborted = setting_.reply_last ? "the stream was aborted by the client;" : "aborted;";
    switch (setting_.who) {
      case Who::client: ASSERT_EQ(outcomes_, aborted); break;
      case Who::daemon:
      case Who::both: ASSERT_EQ(outcomes_, "disk full;"); break;
    }
  }

  void all_goes_on() {
    pair_.client.session.finish(beside_);
    for (int i = 0; i < 100; ++i) pair_.client.session.call(Sample::number, session::Plain::proc, {}, {});
    run();
    ASSERT_EQ(answers_, 100);
    ASSERT_EQ(beside_outcome_, "done;");
    ASSERT_EQ(pair_.daemon.inbox[beside_], std::string(64 * frames, 'b'));
    ASSERT_EQ(pair_.client.session.streams() + pair_.daemon.session.streams(), 0u);
    ASSERT_FALSE(pair_.client.session.calls_pending() || pair_.daemon.session.calls_pending());
  }

  Setting setting_;
  Pair pair_;
  CallId beside_{}, given_up_{};
  bool handler_over_ = false;
  int answers_ = 0;
  std::string outcomes_, beside_outcome_;
};

void at_every_boundary(const Proc& proc, bool reply_last = false) {
  for (const bool extended : {false, true}) {
    if (reply_last && !extended) continue;
    for (const Who who : {Who::client, Who::daemon, Who::both}) {
      for (int boundary = 0; boundary <= frames; ++boundary) {
        Transfer transfer({.proc = &proc, .who = who, .extended = extended, .reply_last = reply_last});
        ASSERT_NO_FATAL_FAILURE(transfer.give_up_at(boundary)) << boundary;
      }
    }
  }
}

TEST(Cancel, AnUploadAtEveryBoundary) { at_every_boundary(session::Upload::proc); }
TEST(Cancel, ADownloadAtEveryBoundary) { at_every_boundary(session::Download::proc); }
TEST(Cancel, AConsoleAtEveryBoundary) { at_every_boundary(session::Console::proc); }
TEST(Cancel, AnUploadWithTheReplyLastAtEveryBoundary) { at_every_boundary(session::Upload::proc, true); }

}  // namespace
}  // namespace sluice::sim
