#include "service/event_handlers.h"

#include <boost/asio/post.hpp>

#include "remote/remote.h"
#include "service/connection.h"

namespace sluice::service {
namespace {

// Every event libvirt 9.0.0 knows may be registered; a client that wants all of them gives up if one is refused.
constexpr std::int32_t last_event = 26;
constexpr std::int32_t lifecycle = 0;
constexpr std::size_t registrations_max = 1024;  // of one connection

}  // namespace

EventHandlers::EventHandlers(World& world, Connection& connection)
    : world_(world),
      registrations_(std::make_shared<Registrations>(Registrations{.connection = connection, .by_id = {}})) {}
EventHandlers::~EventHandlers() = default;

Group EventHandlers::group() { return group_of(*this); }

Task<remote::ConnectDomainEventCallbackRegisterAny::Reply> EventHandlers::operator()(
    Call<remote::ConnectDomainEventCallbackRegisterAny>& call) {
  if (call->event_id < 0 || call->event_id > last_event) {
    io::fail(Code::invalid_arg, "there is no event " + std::to_string(call->event_id), ErrorDomain::event);
  }
  if (registrations_->by_id.size() >= registrations_max) {
    io::fail(Code::operation_failed, "too many event registrations on one connection", ErrorDomain::event);
  }
  std::optional<Uuid> machine;
  if (call->dom) {
    auto found = co_await machine_of(world_, *call->dom);
    machine = found->uuid();
  }
  const std::int32_t id = registrations_->next_id++;
  registrations_->by_id[id] = {.event = call->event_id, .machine = machine};
  if (!watching_) watch();
  co_return remote::ConnectDomainEventCallbackRegisterAny::Reply{.callback_id = id};
}

Task<Void> EventHandlers::operator()(Call<remote::ConnectDomainEventCallbackDeregisterAny>& call) {
  if (registrations_->by_id.erase(call->callback_id) == 0) {
    io::fail(Code::internal_error, "no event is registered as " + std::to_string(call->callback_id),
             ErrorDomain::event);
  }
  if (registrations_->by_id.empty()) watching_.reset();
  co_return Void{};
}

void EventHandlers::watch() {
  // The host tells it on an executor of its own; the rest happens on the connection's.
  auto told = [executor = registrations_->connection.executor(),
               listening = std::weak_ptr(registrations_)](const driver::LifecycleEvent& event) {
    asio::post(executor, [listening, event] {
      if (const auto registrations = listening.lock()) registrations->happened(event);
    });
  };
  watching_ = world_.host.watch(std::move(told));
}

void EventHandlers::Registrations::happened(const driver::LifecycleEvent& event) const {
  for (const auto& [id, registration] : by_id) {
    if (registration.event != lifecycle) continue;
    if (registration.machine && *registration.machine != event.machine.uuid) continue;
    const remote::DomainEventCallbackLifecycle message{
        .callback_id = id, .msg = {.dom = wire_ref(event.machine), .event = event.event, .detail = event.detail}};
    connection.notify(remote::Remote::number, remote::DomainEventCallbackLifecycle::proc, xdr::encode(message));
  }
}

}  // namespace sluice::service
