#include "service/pool_event_handlers.h"

#include <boost/asio/post.hpp>

#include "remote/remote.h"
#include "service/connection.h"
#include "service/storage_world.h"

namespace sluice::service {
namespace {

constexpr std::int32_t lifecycle = 0, refresh = 1;
constexpr std::size_t registrations_max = 1024;  // of one connection

}  // namespace

PoolEventHandlers::PoolEventHandlers(World& world, Connection& connection)
    : world_(world),
      registrations_(std::make_shared<Registrations>(Registrations{.connection = connection, .by_id = {}})) {}
PoolEventHandlers::~PoolEventHandlers() = default;

Group PoolEventHandlers::group() { return group_of(*this); }

Task<remote::ConnectStoragePoolEventRegisterAny::Reply> PoolEventHandlers::operator()(
    Call<remote::ConnectStoragePoolEventRegisterAny>& call) {
  if (call->event_id != lifecycle && call->event_id != refresh) {
    io::fail(Code::invalid_arg, "there is no storage pool event " + std::to_string(call->event_id), ErrorDomain::event);
  }
  if (registrations_->by_id.size() >= registrations_max) {
    io::fail(Code::operation_failed, "too many event registrations on one connection", ErrorDomain::event);
  }
  static_cast<void>(storage_of(world_));
  std::optional<Uuid> pool;
  if (call->pool) {
    auto found = co_await pool_of(world_, *call->pool);
    pool = found->ref().uuid;
  }
  const std::int32_t id = registrations_->next_id++;
  registrations_->by_id[id] = {.event = call->event_id, .pool = pool};
  if (!watching_) watch();
  co_return remote::ConnectStoragePoolEventRegisterAny::Reply{.callback_id = id};
}

Task<Void> PoolEventHandlers::operator()(Call<remote::ConnectStoragePoolEventDeregisterAny>& call) {
  if (registrations_->by_id.erase(call->callback_id) == 0) {
    io::fail(Code::internal_error, "no storage pool event is registered as " + std::to_string(call->callback_id),
             ErrorDomain::event);
  }
  if (registrations_->by_id.empty()) watching_.reset();
  co_return Void{};
}

void PoolEventHandlers::watch() {
  // The storage tells it on an executor of its own; the rest happens on the connection's.
  auto told = [executor = registrations_->connection.executor(),
               listening = std::weak_ptr(registrations_)](const driver::PoolEvent& event) {
    asio::post(executor, [listening, event] {
      if (const auto registrations = listening.lock()) registrations->happened(event);
    });
  };
  watching_ = storage_of(world_).watch(std::move(told));
}

void PoolEventHandlers::Registrations::happened(const driver::PoolEvent& event) const {
  const bool refreshed = event.event == driver::PoolEvent::refreshed;
  for (const auto& [id, registration] : by_id) {
    if (registration.event != (refreshed ? refresh : lifecycle)) continue;
    if (registration.pool && *registration.pool != event.pool.uuid) continue;
    if (refreshed) {
      const remote::StoragePoolEventRefresh message{.callback_id = id, .pool = wire_ref(event.pool)};
      connection.notify(remote::Remote::number, remote::StoragePoolEventRefresh::proc, xdr::encode(message));
    } else {
      const remote::StoragePoolEventLifecycle message{
          .callback_id = id, .pool = wire_ref(event.pool), .event = event.event, .detail = 0};
      connection.notify(remote::Remote::number, remote::StoragePoolEventLifecycle::proc, xdr::encode(message));
    }
  }
}

}  // namespace sluice::service
