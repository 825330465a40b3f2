#include "client/wire.h"

#include <array>

#include "client/carry.h"
#include "io/failure.h"
#include "remote/domain_event.h"
#include "remote/extension.h"
#include "remote/remote.h"
#include "service/version.h"
#include "xdr/codec.h"

namespace sluice::client {
namespace {

constexpr std::array programs{remote::Remote::info(), remote::Extension::info()};

session::Session new_session(Engine& engine, const ConnectOptions& options) {
  return {session::Side::client,
          {.programs = programs,
           .software = "libsluice " + std::string(service::version_text),
           .window_max = limits::client_window_max,
           .process_budget = &engine.budget(),
           .ping_interval = options.keepalive,
           .ping_count = options.keepalive_count}};
}

}  // namespace

Wire::Wire(Engine& engine, std::unique_ptr<io::Transport> transport, std::unique_ptr<MemoryDaemon> daemon,
           const ConnectOptions& options)
    : engine_(engine),
      link_(engine.executor(), std::move(transport), new_session(engine, options), engine.clock()),
      daemon_(std::move(daemon)) {
  link_.on_event([this](const session::Notified& event) { told(event); });
}

io::Task<> Wire::live() {
  auto body = [this](io::Scope& scope) -> io::Task<> {
    if (daemon_) scope.spawn(daemon_->serve());
    scope.spawn(run_link());
    co_await scope.join();
  };
  co_await io::scoped(body);
}

io::Task<> Wire::run_link() {
  auto body = [this](io::Scope& streams) -> io::Task<> {
    streams_ = &streams;
    std::exception_ptr failed;
    try {
      lost_ = co_await link_.run(nullptr);
    } catch (...) {
      failed = std::current_exception();
    }
    streams_ = nullptr;
    if (failed) lost_ = io::reason(failed);
    closed_ = true;
  };
  co_await io::scoped(body);
  watchers_.clear();
}

void Wire::close() {
  closed_ = true;
  if (!lost_) link_.close(Error{.code = Code::invalid_conn, .message = "the connection was closed"});
}

void Wire::start(std::shared_ptr<Exchange> exchange, OpenStream open) {
  if (streams_ != nullptr && !link_.over()) return streams_->spawn(carry(std::move(exchange), link_, std::move(open)));
  exchange->fail(lost_.value_or(Error{.code = Code::invalid_conn, .message = "the connection is closed"}), true);
  exchange->over();
}

std::uint64_t Wire::watch(Watcher watcher) {
  watchers_.emplace(next_watcher_, std::make_shared<Watcher>(std::move(watcher)));
  return next_watcher_++;
}

void Wire::unwatch(std::uint64_t id) { watchers_.erase(id); }

void Wire::told(const session::Notified& event) {
  using Lifecycle = remote::DomainEventCallbackLifecycle;
  if (event.program != remote::Remote::number || event.procedure != Lifecycle::proc.number) return;
  const auto fields = xdr::decode_front<Lifecycle>(event.fields);
  if (!fields) return;  // an event that cannot be read is nobody's
  const auto& message = fields->value.msg;
  const DomainEvent event_told{
      .name = message.dom.name, .uuid = message.dom.uuid.text(), .event = message.event, .detail = message.detail};
  for (const auto& [id, watcher] : watchers_) {
    // Whoever stopped watching before the callback runs is not called any more.
    engine_.call_back([weak = std::weak_ptr(watcher), event_told] {
      if (const auto alive = weak.lock()) (*alive)(event_told);
    });
  }
}

}  // namespace sluice::client
