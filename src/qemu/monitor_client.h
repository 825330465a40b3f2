#pragma once
// The connection to a QEMU's monitor: qmp::Monitor with a socket beneath it. Lives on the machine's strand.
//
//   MonitorClient monitor(strand, socket, clock, [](const qmp::Notified& event) { ... });
//   scope.spawn(monitor.run());                        // reads until the connection is over; somebody must
//   co_await monitor.ready();
//   json::value answer = co_await monitor.ask("query-status", {}, {.limit = 30s});
//   co_await monitor.ask("getfd", {{"fdname", "state"}}, {.limit = 30s, .descriptor = fd});
//
// QEMU is not trusted: lines are bounded, every question has a deadline unless it says otherwise, and after the first
// nonsense nothing is believed any more.

#include <boost/asio/local/stream_protocol.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "io/clock.h"
#include "io/fd.h"
#include "io/signal.h"
#include "qmp/monitor.h"

namespace sluice::qemu {

namespace json = boost::json;

struct AskOptions {
  std::optional<Duration> limit;  // unset: as long as it takes
  int descriptor = -1;            // goes along with the command; stays the caller's
};

class MonitorClient {
 public:
  using Notify = std::function<void(const qmp::Notified&)>;
  MonitorClient(const io::Executor& strand, io::Fd socket, io::Clock& clock, Notify notify);
  MonitorClient(const MonitorClient&) = delete;
  MonitorClient& operator=(const MonitorClient&) = delete;

  // Returns only after a "quit" that ended as it should; else throws what ended the connection.
  io::Task<> run();
  io::Task<qmp::Version> ready();
  io::Task<json::value> ask(std::string_view command, json::object arguments, AskOptions options);
  void close();

  // Why the connection is over, if it is.
  const std::optional<Error>& over() const { return over_; }
  // QEMU broke the language, rather than going away.
  bool broke_the_language() const { return over_.has_value() && !peer_left_; }

 private:
  struct Waiting {
    io::Signal answered;
    std::optional<Result<json::value>> result;
  };
  void take(qmp::Event event);
  void end(Error why);
  void send(const std::string& text, int descriptor);

  io::Executor strand_;
  boost::asio::local::stream_protocol::socket socket_;
  io::Clock& clock_;
  Notify notify_;
  qmp::Monitor monitor_;
  io::Signal negotiated_;
  std::optional<qmp::Version> version_;
  std::map<std::uint64_t, Waiting> waiting_;
  std::uint64_t last_id_ = 0;
  std::optional<Error> over_;
  bool peer_left_ = false;
};

}  // namespace sluice::qemu
