#pragma once
// Who wants to hear what happens to pools. A registration is of one event, of one pool or of all; it dies with its
// connection.

#include <map>
#include <memory>

#include "remote/storage_event.h"
#include "service/group.h"
#include "service/world.h"

namespace sluice::service {

class Connection;

class PoolEventHandlers {
 public:
  using Served = Procedures<remote::ConnectStoragePoolEventRegisterAny, remote::ConnectStoragePoolEventDeregisterAny>;

  PoolEventHandlers(World& world, Connection& connection);
  PoolEventHandlers(const PoolEventHandlers&) = delete;
  PoolEventHandlers& operator=(const PoolEventHandlers&) = delete;
  ~PoolEventHandlers();
  Group group();

  Task<remote::ConnectStoragePoolEventRegisterAny::Reply> operator()(
      Call<remote::ConnectStoragePoolEventRegisterAny>& call);
  Task<Void> operator()(Call<remote::ConnectStoragePoolEventDeregisterAny>& call);

 private:
  struct Registration {
    std::int32_t event;
    std::optional<Uuid> pool;
  };
  // Shared with events that are on their way from the storage's executor when the connection ends.
  struct Registrations {
    Connection& connection;
    std::map<std::int32_t, Registration> by_id;
    std::int32_t next_id = 0;
    void happened(const driver::PoolEvent& event) const;
  };
  void watch();

  World& world_;
  std::shared_ptr<Registrations> registrations_;
  std::shared_ptr<void> watching_;  // while anything is registered
};

}  // namespace sluice::service
