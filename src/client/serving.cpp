#include "client/serving.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <stdexcept>

#include "base/assert.h"
#include "io/failure.h"

namespace sluice::client {
namespace {

using io::Task;

// The handler's own failures travel as themselves.
Buffer run(const Server::Raw& handler, Bytes fields, Stream& stream) {
  try {
    return handler(fields, stream);
  } catch (const Failure& failure) {
    throw io::Failure(failure.error());
  }
}

Error client_left() {
  return {.code = Code::operation_aborted, .message = "the client gave up", .domain = ErrorDomain::streams};
}

Task<> take_in(Exchange& exchange, io::Source& source) {
  std::exception_ptr failed;
  try {
    co_await exchange.from_wire(source);
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) exchange.fail(io::reason(failed), false);
}

Task<> converse_on(Exchange& exchange, link::Incoming& call) {
  co_await exchange.until_used();
  if (!call.accepted()) call.accept({});
  exchange.steered_by({.limit = [&call](std::uint64_t bytes_per_second) { call.limit(bytes_per_second); },
                       .weigh = [&call](std::uint32_t weight) { call.weigh(weight); }});
  auto both_ways = [&exchange, &call](io::Scope& scope) -> Task<> {
    if (exchange.may().reads) scope.spawn(take_in(exchange, call.source()));
    co_await exchange.to_wire(exchange.may().writes ? &call.sink() : nullptr);
    if (exchange.may().writes) co_await call.sink().finish();
    exchange.settle({});
  };
  co_await io::scoped(both_ways);
}

// Both directions of a call, until the handler has finished. What the client did wrong or gave up, the handler's next
// call on the stream throws; what it makes of that is the answer.
Task<> converse(Exchange& exchange, link::Incoming& call) {
  std::exception_ptr failed;
  try {
    co_await converse_on(exchange, call);
  } catch (...) {
    failed = std::current_exception();
  }
  exchange.steered_by({});
  if (failed) exchange.fail(io::reason(failed), false);
}

}  // namespace

Serving::Serving(ServerOptions options) : options_(std::move(options)) {}

void Serving::on(const ProgramInfo& program, const Proc& proc, Server::Raw handler) {
  if (engine_) throw std::logic_error("Server::on after start");
  auto served = std::ranges::find(programs_, program.number, [](const Served& s) { return s.info.number; });
  if (served == programs_.end()) served = programs_.insert(served, Served{program, {}});
  const bool fresh =
      served->handlers.emplace(proc.number, std::make_shared<const Server::Raw>(std::move(handler))).second;
  if (!fresh) throw std::logic_error("'" + std::string(proc.name) + "' has a handler already");
}

void Serving::start() {
  if (engine_) throw std::logic_error("Server::start twice");
  engine_ = Engine::start();
  threads_ = std::make_unique<io::Disk>(std::max(1U, options_.threads), std::max(1U, options_.threads));
  stopping_ = false;
  try {
    engine_->wait(listen(), "Server::start");
  } catch (...) {
    const Error why = io::reason(std::current_exception());
    listener_.reset();  // what lives on the engine goes before it
    stop_.reset();
    threads_.reset();
    engine_.reset();
    throw Failure(why);
  }
  std::promise<void> over;
  over_ = over.get_future();
  asio::co_spawn(engine_->executor(), live(),
                 [over = std::move(over)](const std::exception_ptr&) mutable { over.set_value(); });
}

void Serving::stop() {
  if (!over_.valid()) return;
  engine_->refuse_its_thread("Server::stop");
  asio::post(engine_->executor(), [this] {
    stopping_ = true;
    stop_->notify();
  });
  over_.get();
  threads_.reset();
  engine_->settle();
  stop_.reset();
  engine_.reset();
}

Task<> Serving::listen() {
  const io::Executor executor = co_await asio::this_coro::executor;
  stop_ = std::make_unique<io::Signal>();
  listener_ = std::make_unique<io::UnixListener>(
      executor, io::UnixListenerOptions{.path = options_.socket, .mode = static_cast<mode_t>(options_.mode)});
}

Task<> Serving::live() {
  auto body = [this](io::Scope& scope) -> Task<> {
    scope.spawn(accept_all(scope));
    co_await stop_->until([this] { return stopping_; });
  };
  co_await io::scoped(body);
  listener_.reset();
}

Task<> Serving::accept_all(io::Scope& scope) {
  for (;;) {
    auto transport = co_await listener_->accept(engine_->executor());
    scope.spawn(serve(std::move(transport)));
  }
}

Task<> Serving::serve(std::unique_ptr<io::Transport> transport) {
  service::Connection connection({.role = Role::admin, .software = options_.name, .budget = &engine_->budget()},
                                 engine_->clock());
  for (const Served& served : programs_) {
    auto answer_call = [this, &served](link::Incoming& call) { return answer(served, call); };
    connection.add(service::ServedProgram{.info = served.info, .answer = std::move(answer_call)});
  }
  static_cast<void>(co_await connection.serve(std::move(transport)));
}

Task<Buffer> Serving::answer(const Served& served, link::Incoming& call) {
  const auto found = served.handlers.find(call.proc().number);
  if (found == served.handlers.end()) {
    io::fail(Code::no_support, "'" + std::string(call.proc().name) + "' is not served here", ErrorDomain::rpc);
  }
  const Handler handler = found->second;
  if (call.proc().stream != Streaming::none) co_return co_await answer_stream(handler, call);
  auto work = [handler, fields = Buffer(call.args().begin(), call.args().end())] {
    Stream none;
    return run(*handler, fields, none);
  };
  co_return co_await threads_->run(std::move(work));
}

Task<Buffer> Serving::answer_stream(Handler handler, link::Incoming& call) {
  const auto exchange = std::make_shared<Exchange>(engine_, Directions::of_server(call.proc(), call.args()));
  const bool begun = exchange->begin();
  ensure(begun, "nobody knows the stream yet who could give it up");
  const auto stream = std::make_shared<Stream>(exchange);
  io::DiskWork<Buffer> work(threads_->lane(), engine_->executor(),
                            [handler, stream, fields = Buffer(call.args().begin(), call.args().end())] {
                              return run(*handler, fields, *stream);
                            });
  Buffer result;
  auto body = [&]() -> Task<> {
    auto meet = [&](io::Scope& scope) -> Task<> {
      scope.spawn(converse(*exchange, call));
      result = co_await work.take();
      exchange->begin_finish();  // for a handler that did not say so itself
      co_await scope.join();
    };
    co_await io::scoped(meet);
  };
  // The call is over when its handler is, so that the client's next call finds what this one left.
  auto clean_up = [&]() -> Task<> {
    exchange->fail(client_left(), false);
    if (work.under_way()) {
      try {
        static_cast<void>(co_await work.take());
      } catch (const std::exception&) {
        result.clear();  // nobody waits for its answer or failure any more
      }
    }
  };
  co_await io::finally(body, clean_up);
  co_return result;
}

}  // namespace sluice::client
