#pragma once
// MetricsEndpoint: answers GET /metrics over HTTP/1.1, one request on each connection. Its clients are not trusted with
// anything but figures: few are served at once, each has a limited time for its whole visit, and what is no request
// gets an answer that says so.
//
//   auto text = [&](io::Scope& questions) -> io::Task<std::string> { ... };
//   MetricsEndpoint endpoint(executor, std::move(listener), clock, log, text);
//   co_await endpoint.run();                          // until cancelled; then everything it began is over
//
// Everything on the executor given, which the listener lives on, too.

#include <functional>
#include <memory>
#include <string>

#include "daemon/http_request.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/scope.h"
#include "io/transport.h"

namespace sluice::daemon {

class MetricsEndpoint {
 public:
  // The text of a moment. What it asks others for is spawned into `questions`, and need not be over when the text is.
  using Text = std::function<io::Task<std::string>(io::Scope& questions)>;

  MetricsEndpoint(const io::Executor& executor, std::unique_ptr<io::Listener> listener, io::Clock& clock,
                  io::Logger log, Text text)
      : executor_(executor),
        listener_(std::move(listener)),
        clock_(clock),
        log_(std::move(log)),
        text_(std::move(text)) {}

  io::Task<> run();
  std::size_t visitors() const { return visitors_; }

 private:
  io::Task<> accept(io::Scope& visits, io::Scope& questions);
  io::Task<> visit(std::unique_ptr<io::Transport> transport, io::Scope& questions);
  io::Task<> talk(io::Transport& transport, io::Scope& questions);
  io::Task<HttpAnswer> figures(io::Scope& questions);

  const io::Executor executor_;
  const std::unique_ptr<io::Listener> listener_;
  io::Clock& clock_;
  const io::Logger log_;
  const Text text_;
  io::Signal room_;  // for another visitor
  std::size_t visitors_ = 0;
};

}  // namespace sluice::daemon
