#include "client/wire.h"

#include <algorithm>
#include <array>

#include "client/carry.h"
#include "client/stream_infos.h"
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

// Nothing: it is another event, or one that cannot be read, which is nobody's.
template <class P>
std::optional<P> fields_of(const session::Notified& event) {
  if (event.procedure != P::proc.number) return std::nullopt;
  auto fields = xdr::decode_front<P>(event.fields);
  return fields ? std::optional(std::move(fields->value)) : std::nullopt;
}

}  // namespace

Wire::Wire(Engine& engine, std::unique_ptr<io::Transport> transport, std::unique_ptr<MemoryDaemon> daemon,
           const ConnectOptions& options)
    : engine_(engine),
      peer_(transport->peer()),
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
    for (const auto& [exchange, open] : std::exchange(to_open_, {})) refuse(*exchange);
  };
  co_await io::scoped(body);
  watchers<DomainEvent>().clear();
  watchers<PoolEvent>().clear();
  watchers<StreamReport>().clear();
}

void Wire::close() {
  closed_ = true;
  if (!lost_) link_.close(Error{.code = Code::invalid_conn, .message = "the connection was closed"});
}

void Wire::start(std::shared_ptr<Exchange> exchange, OpenStream open) {
  if (streams_ == nullptr || link_.over()) return refuse(*exchange);
  to_open_.emplace_back(std::move(exchange), std::move(open));
  open_next();
}

void Wire::open_next() {
  if (std::exchange(opens_, true)) return;  // one that is open at once calls this again from within
  while (streams_ != nullptr && !link_.over() && !to_open_.empty() && opening_ < limits::openings_max) {
    auto [exchange, open] = std::move(to_open_.front());
    to_open_.pop_front();
    if (!exchange->begin()) continue;
    ++opening_;
    std::shared_ptr<void> opening(nullptr, [this](void*) {
      --opening_;
      open_next();
    });
    streams_->spawn(carry(std::move(exchange), link_, std::move(open), std::move(opening)));
  }
  opens_ = false;
}

void Wire::refuse(Exchange& exchange) const {
  exchange.fail(lost_.value_or(Error{.code = Code::invalid_conn, .message = "the connection is closed"}), true);
  exchange.over();
}

io::Task<std::uint64_t> Wire::watch_streams(Watchers<StreamReport>::Told told, std::chrono::milliseconds interval) {
  const std::uint64_t id = watchers<StreamReport>().add(std::move(told));
  stream_intervals_ms_[id] = static_cast<std::uint32_t>(std::clamp<std::int64_t>(interval.count(), 0, UINT32_MAX));
  std::exception_ptr failed;
  try {
    co_await ask_for_reports();
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) co_return id;
  unwatch_streams(id);
  std::rethrow_exception(failed);
}

void Wire::unwatch_streams(std::uint64_t id) {
  watchers<StreamReport>().remove(id);
  const std::uint32_t before = stream_interval_ms();
  stream_intervals_ms_.erase(id);
  const bool other = stream_intervals_ms_.empty() || stream_interval_ms() != before;
  if (other && streams_ != nullptr && !link_.over()) streams_->spawn(try_to_ask_for_reports());
}

std::uint32_t Wire::stream_interval_ms() const {
  std::uint32_t least = UINT32_MAX;
  for (const auto& [id, interval_ms] : stream_intervals_ms_) least = std::min(least, interval_ms);
  return least;
}

io::Task<> Wire::ask_for_reports() {
  if (stream_intervals_ms_.empty()) {
    const remote::StreamUnwatch none;
    co_await link_.call(remote::Extension::number, none.proc, xdr::encode(none));
  } else {
    const remote::StreamWatch every{.interval_ms = stream_interval_ms()};
    co_await link_.call(remote::Extension::number, every.proc, xdr::encode(every));
  }
}

// A daemon that answers with an error goes on as before, which is more than anybody needs.
io::Task<> Wire::try_to_ask_for_reports() {
  std::exception_ptr ignored;
  try {
    co_await ask_for_reports();
  } catch (...) {
    ignored = std::current_exception();
  }
}

void Wire::told(const session::Notified& event) {
  if (event.program == remote::Remote::number) return told_of_host(event);
  if (event.program != remote::Extension::number) return;
  if (const auto report = fields_of<remote::StreamReport>(event)) {
    watchers<StreamReport>().tell(engine_, {.streams = infos_of(report->streams.items, report->weights.items)});
  }
}

void Wire::told_of_host(const session::Notified& event) {
  if (const auto fields = fields_of<remote::DomainEventCallbackLifecycle>(event)) {
    const auto& [dom, what, detail] = fields->msg;
    watchers<DomainEvent>().tell(engine_, {.name = dom.name, .uuid = dom.uuid.text(), .event = what, .detail = detail});
  } else if (const auto pool = fields_of<remote::StoragePoolEventLifecycle>(event)) {
    watchers<PoolEvent>().tell(engine_,
                               {.name = pool->pool.name, .uuid = pool->pool.uuid.text(), .event = pool->event});
  } else if (const auto refreshed = fields_of<remote::StoragePoolEventRefresh>(event)) {
    watchers<PoolEvent>().tell(
        engine_, {.name = refreshed->pool.name, .uuid = refreshed->pool.uuid.text(), .event = PoolEvent::refreshed});
  }
}

}  // namespace sluice::client
