#pragma once
// What the handlers of one connection work on.

#include "driver/host.h"
#include "io/clock.h"
#include "io/disk.h"
#include "remote/types.h"
#include "service/client.h"

namespace sluice::service {

struct World {
  driver::Host& host;
  io::Disk& disk;  // for files that clients name
  io::Clock& clock;
  Client& client;
};

// A client's word for a machine counts by its uuid only: he may hold an old id or name.
inline io::Task<std::shared_ptr<driver::Machine>> machine_of(World& world, const remote::DomainRef& dom) {
  return driver::lookup(world.host, dom.uuid);
}

inline remote::DomainRef wire_ref(const driver::MachineRef& ref) {
  return {.name = ref.name, .uuid = ref.uuid, .id = ref.id};
}

inline io::Task<remote::DomainRef> wire_ref(std::shared_ptr<driver::Machine> machine) {
  const driver::MachineRef ref = co_await machine->ref();
  co_return wire_ref(ref);
}

inline bool is_active(driver::RunState state) {
  return state != driver::RunState::shut_off && state != driver::RunState::crashed && state != driver::RunState::none;
}

}  // namespace sluice::service
