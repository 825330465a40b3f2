// Client and daemon tables against each other, over channels that keep the order: every order of what either end may do
// with a few data messages is tried. No message finds its receiver without a row, every stream comes to an end, and
// both ends agree whether it was done, failed or aborted.

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "session/stream_state.h"

namespace sluice::session {
namespace {

enum class Message : std::uint8_t { reply_ok, reply_error, reply_aborted, data, end, ok, error, error_aborted };
enum class Outcome : std::uint8_t { none, done, failed, aborted };

struct End {
  StreamState state;
  int data_left = 0;            // that it may still send
  std::deque<Message> queue{};  // of data, and of what stays behind them
  Outcome outcome = Outcome::none;
  auto operator<=>(const End&) const = default;
};

struct World {
  End client, daemon;
  std::deque<Message> up{}, down{};
  auto operator<=>(const World&) const = default;
  bool over() const {
    return client.state == StreamState::closed && daemon.state == StreamState::closed && up.empty() && down.empty();
  }
};

struct Setting {
  bool reply_last;
  int client_data, daemon_data;
  bool daemon_sends;
};

bool keeps_queue(StreamState state) {
  return state == StreamState::open || state == StreamState::ended || state == StreamState::settled ||
         state == StreamState::draining;
}

class Search {
 public:
  explicit Search(Setting setting)
      : setting_(setting),
        client_kind_(setting.reply_last ? StreamKind::client_reply_last : StreamKind::client_reply_first),
        daemon_kind_(setting.reply_last ? StreamKind::daemon_reply_last : StreamKind::daemon_reply_first) {}

  void run() {
    const StreamState first = setting_.reply_last ? StreamState::open : StreamState::opening;
    const World start{.client = {first, setting_.client_data}, .daemon = {first, setting_.daemon_data}};
    found_.insert(start);
    std::deque<World> waiting{start};
    while (!waiting.empty() && problem_.empty()) {
      const World world = std::move(waiting.front());
      waiting.pop_front();
      for (World& next : after(world)) {
        before_[next].push_back(world);
        if (found_.insert(next).second) waiting.push_back(next);
      }
    }
    ASSERT_EQ(problem_, "");
    everything_ends();
  }
  std::size_t worlds() const { return found_.size(); }

 private:
  // Every world that has been found leads to one that is over, in which both ends say the same.
  void everything_ends() {
    std::set<World> ends;
    std::deque<World> waiting;
    for (const World& world : found_) {
      if (!world.over()) continue;
      ASSERT_EQ(world.client.outcome, world.daemon.outcome);
      ASSERT_NE(world.client.outcome, Outcome::none);
      ends.insert(world);
      waiting.push_back(world);
    }
    while (!waiting.empty()) {
      const World world = std::move(waiting.front());
      waiting.pop_front();
      for (const World& earlier : before_[world]) {
        if (ends.insert(earlier).second) waiting.push_back(earlier);
      }
    }
    ASSERT_EQ(ends.size(), found_.size()) << "a stream that never ends";
  }

  std::vector<World> after(const World& world) {
    std::vector<World> next;
    const auto add = [&](auto change) {
      World changed = world;
      if (change(changed)) next.push_back(std::move(changed));
    };
    for (const StreamInput on : {StreamInput::do_data, StreamInput::do_finish, StreamInput::do_abort}) {
      add([&](World& w) { return client_does(w, on); });
    }
    for (const StreamInput on : {StreamInput::do_accept, StreamInput::do_data, StreamInput::do_end,
                                 StreamInput::do_done, StreamInput::do_fail, StreamInput::overdue}) {
      add([&](World& w) { return daemon_does(w, on); });
    }
    add([&](World& w) { return client_sends(w); });
    add([&](World& w) { return daemon_sends(w); });
    add([&](World& w) { return client_hears(w); });
    add([&](World& w) { return daemon_hears(w); });
    return next;
  }

  bool client_does(World& w, StreamInput on) {
    if (w.client.state == StreamState::closed) return false;
    if (on == StreamInput::do_data && w.client.data_left-- == 0) return false;
    const StreamRow* row = step(client_kind_, w.client.state, on);
    if (row == nullptr || row->action == StreamAction::drop) return false;
    if (row->action == StreamAction::queue) {
      w.client.queue.push_back(on == StreamInput::do_data ? Message::data : Message::ok);
    }
    enter(w.client, row->to);
    if (row->action == StreamAction::send_abort) w.up.push_back(Message::error);
    return true;
  }

  bool client_sends(World& w) {
    if (w.client.queue.empty()) return false;
    const Message message = w.client.queue.front();
    w.client.queue.pop_front();
    w.up.push_back(message);
    if (message == Message::ok) {
      const StreamRow* row = step(client_kind_, w.client.state, StreamInput::did_send_finish);
      if (row == nullptr) return missing(w, "the finish left");
      enter(w.client, row->to);
    }
    return true;
  }

  bool daemon_does(World& w, StreamInput on) {
    if (w.daemon.state == StreamState::closed) return false;
    if (!setting_.daemon_sends && (on == StreamInput::do_data || on == StreamInput::do_end)) return false;
    if (on == StreamInput::do_data && w.daemon.data_left-- == 0) return false;
    const StreamState from = w.daemon.state;
    const StreamRow* row = step(daemon_kind_, from, on);
    if (row == nullptr || row->action == StreamAction::drop) return false;
    if (row->to == from && on == StreamInput::do_accept) return false;  // the same again and again
    if (row->action == StreamAction::queue) {
      w.daemon.queue.push_back(on == StreamInput::do_data ? Message::data : Message::end);
    }
    enter(w.daemon, row->to);
    answer(w, from, on, row->action);
    return true;
  }

  bool daemon_sends(World& w) {
    if (w.daemon.queue.empty()) return false;
    w.down.push_back(w.daemon.queue.front());
    w.daemon.queue.pop_front();
    return true;
  }

  bool daemon_hears(World& w) {
    if (w.up.empty()) return false;
    const Message message = w.up.front();
    w.up.pop_front();
    const StreamState from = w.daemon.state;
    if (from == StreamState::closed) return true;  // dropped
    const StreamInput on = message == Message::data ? StreamInput::data
                           : message == Message::ok ? StreamInput::ok
                                                    : StreamInput::error;
    const StreamRow* row = step(daemon_kind_, from, on);
    if (row == nullptr) return missing(w, name(on));
    enter(w.daemon, row->to);
    answer(w, from, on, row->action);
    return true;
  }

  void answer(World& w, StreamState from, StreamInput on, StreamAction action) {
    const auto send = [&](Message message, Outcome outcome) {
      w.down.push_back(message);
      w.daemon.outcome = outcome;
    };
    const bool aborted = from == StreamState::aborting || (from == StreamState::settled && on == StreamInput::error);
    switch (action) {
      case StreamAction::send_reply: w.down.push_back(Message::reply_ok); break;
      case StreamAction::send_refusal: send(Message::reply_error, Outcome::failed); break;
      case StreamAction::send_refusal_aborted: send(Message::reply_aborted, Outcome::aborted); break;
      case StreamAction::send_ok: send(Message::ok, aborted ? Outcome::aborted : Outcome::done); break;
      case StreamAction::send_failure: send(Message::error, Outcome::failed); break;
      case StreamAction::send_failure_aborted: send(Message::error_aborted, Outcome::aborted); break;
      case StreamAction::send_outcome: send(Message::reply_ok, Outcome::done); break;
      default: break;
    }
  }

  bool client_hears(World& w) {
    if (w.down.empty()) return false;
    const Message message = w.down.front();
    w.down.pop_front();
    if (w.client.state == StreamState::closed) return true;  // dropped
    const StreamInput on = input(message);
    const StreamRow* row = step(client_kind_, w.client.state, on);
    if (row == nullptr) return missing(w, name(on));
    enter(w.client, row->to);
    const bool aborted = message == Message::error_aborted || message == Message::reply_aborted;
    switch (row->action) {
      case StreamAction::send_abort: w.up.push_back(Message::error); break;
      case StreamAction::tell_refused: w.client.outcome = aborted ? Outcome::aborted : Outcome::failed; break;
      case StreamAction::tell_done:
      case StreamAction::tell_outcome: w.client.outcome = Outcome::done; break;
      case StreamAction::tell_aborted: w.client.outcome = Outcome::aborted; break;
      case StreamAction::tell_failed: w.client.outcome = Outcome::failed; break;
      case StreamAction::tell_over: w.client.outcome = aborted ? Outcome::aborted : Outcome::failed; break;
      default: break;
    }
    return true;
  }

  static StreamInput input(Message message) {
    switch (message) {
      case Message::reply_ok: return StreamInput::reply_ok;
      case Message::reply_error:
      case Message::reply_aborted: return StreamInput::reply_error;
      case Message::data: return StreamInput::data;
      case Message::end: return StreamInput::end;
      case Message::ok: return StreamInput::ok;
      case Message::error:
      case Message::error_aborted: break;
    }
    return StreamInput::error;
  }

  static void enter(End& end, StreamState state) {
    end.state = state;
    if (!keeps_queue(state)) end.queue.clear();
  }

  bool missing(const World& w, std::string_view what) {
    problem_ = "no row for " + std::string(what) + " with the client " + std::string(name(w.client.state)) +
               " and the daemon " + std::string(name(w.daemon.state));
    return false;
  }

  Setting setting_;
  StreamKind client_kind_, daemon_kind_;
  std::set<World> found_;
  std::map<World, std::vector<World>> before_;
  std::string problem_;
};

TEST(StreamTables, UploadsAgreeInEveryOrder) {
  Search search({.reply_last = false, .client_data = 3, .daemon_data = 0, .daemon_sends = false});
  search.run();
  EXPECT_GT(search.worlds(), 100u);
}

TEST(StreamTables, DownloadsAgreeInEveryOrder) {
  Search search({.reply_last = false, .client_data = 0, .daemon_data = 3, .daemon_sends = true});
  search.run();
  EXPECT_GT(search.worlds(), 100u);
}

TEST(StreamTables, ConsolesAgreeInEveryOrder) {
  Search search({.reply_last = false, .client_data = 2, .daemon_data = 2, .daemon_sends = true});
  search.run();
  EXPECT_GT(search.worlds(), 1000u);
}

TEST(StreamTables, UploadsWithTheReplyLastAgreeInEveryOrder) {
  Search search({.reply_last = true, .client_data = 3, .daemon_data = 0, .daemon_sends = false});
  search.run();
  EXPECT_GT(search.worlds(), 100u);
}

}  // namespace
}  // namespace sluice::session
