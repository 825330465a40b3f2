#include "daemon/metrics_endpoint.h"

#include <array>

#include "base/limits.h"
#include "io/failure.h"

namespace sluice::daemon {
namespace {

constexpr Duration visit_max = std::chrono::seconds(10);
constexpr std::size_t read_max = 4096;

io::Task<HttpAnswer> read_request(io::Transport& transport) {
  HttpRequest request;
  std::array<std::byte, read_max> room;
  const std::array<MutableBytes, 1> into{MutableBytes(room)};
  while (!request.complete()) {
    const std::size_t count = co_await transport.read_some(into);
    if (count == 0) {
      request.ended();
    } else {
      request.receive(Bytes(room).first(count));
    }
  }
  co_return request.answer();
}

io::Task<> write_all(io::Transport& transport, std::string_view text) {
  while (!text.empty()) {
    const std::array<Bytes, 1> from{as_bytes(text)};
    text.remove_prefix(co_await transport.write_some(from));
  }
}

// Closing a socket with bytes that nobody read would take the answer away from its reader.
io::Task<> until_closed(io::Transport& transport) {
  co_await transport.shutdown();
  std::array<std::byte, read_max> room;
  const std::array<MutableBytes, 1> into{MutableBytes(room)};
  while (co_await transport.read_some(into) != 0) {
  }
}

}  // namespace

io::Task<> MetricsEndpoint::run() {
  auto answering = [this](io::Scope& questions) -> io::Task<> {
    auto visited = [this, &questions](io::Scope& visits) -> io::Task<> { co_await accept(visits, questions); };
    co_await io::scoped(visited);
  };
  co_await io::scoped(answering);
}

io::Task<> MetricsEndpoint::accept(io::Scope& visits, io::Scope& questions) {
  for (;;) {
    // One more than we can serve waits in the kernel's queue.
    co_await room_.until([this] { return visitors_ < limits::scrapes_max; });
    std::unique_ptr<io::Transport> transport = co_await listener_->accept(executor_);
    ++visitors_;
    visits.spawn(visit(std::move(transport), questions));
  }
}

io::Task<> MetricsEndpoint::visit(std::unique_ptr<io::Transport> transport, io::Scope& questions) {
  std::exception_ptr failed;
  try {
    auto in_time = [&](io::Scope& scope) -> io::Task<> {
      scope.spawn(clock_.sleep_until(clock_.now() + visit_max));
      scope.spawn(talk(*transport, questions));
      co_await scope.any();
    };
    co_await io::scoped(in_time);
  } catch (...) {
    failed = std::current_exception();
  }
  transport->close();
  --visitors_;
  room_.notify();
  if (failed) log_.debug("a reader of figures left early", {{"why", io::reason(failed).message}});
}

io::Task<> MetricsEndpoint::talk(io::Transport& transport, io::Scope& questions) {
  HttpAnswer answer = co_await read_request(transport);
  if (answer.status == 200) answer = co_await figures(questions);
  const std::string all = head_of(answer) + answer.body;
  co_await write_all(transport, all);
  co_await until_closed(transport);
}

io::Task<HttpAnswer> MetricsEndpoint::figures(io::Scope& questions) {
  std::exception_ptr failed;
  HttpAnswer answer;
  try {
    answer.body = co_await text_(questions);
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) co_return answer;
  const std::string why = io::reason(failed).message;
  log_.warning("figures cannot be told", {{"why", why}});
  co_return HttpAnswer{.status = 500, .body = "figures cannot be told: " + why + "\n"};
}

}  // namespace sluice::daemon
