#pragma once
// Who wants to hear of which events. A registration is of one event, of one machine or of all; it dies with its
// connection.

#include <map>
#include <memory>

#include "remote/domain_event.h"
#include "service/group.h"
#include "service/world.h"

namespace sluice::service {

class Connection;

class EventHandlers {
 public:
  using Served =
      Procedures<remote::ConnectDomainEventCallbackRegisterAny, remote::ConnectDomainEventCallbackDeregisterAny>;

  EventHandlers(World& world, Connection& connection);
  EventHandlers(const EventHandlers&) = delete;
  EventHandlers& operator=(const EventHandlers&) = delete;
  ~EventHandlers();
  Group group();

  Task<remote::ConnectDomainEventCallbackRegisterAny::Reply> operator()(
      Call<remote::ConnectDomainEventCallbackRegisterAny>& call);
  Task<Void> operator()(Call<remote::ConnectDomainEventCallbackDeregisterAny>& call);

 private:
  struct Registration {
    std::int32_t event;
    std::optional<Uuid> machine;
  };
  // Shared with events that are on their way from the host's executor when the connection ends.
  struct Registrations {
    Connection& connection;
    std::map<std::int32_t, Registration> by_id;
    std::int32_t next_id = 0;
    void happened(const driver::LifecycleEvent& event) const;
  };
  void watch();

  World& world_;
  std::shared_ptr<Registrations> registrations_;
  std::shared_ptr<void> watching_;  // while anything is registered
};

}  // namespace sluice::service
