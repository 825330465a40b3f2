#pragma once
// Domain events: registration and the messages a daemon sends unasked. Numbers and fields are facts of libvirt 9.0.0's
// remote program.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "remote/proc.h"
#include "remote/types.h"

namespace sluice::remote {

struct DomainEventLifecycleMsg {
  DomainRef dom;
  std::int32_t event = 0;
  std::int32_t detail = 0;
};
struct DomainEventRebootMsg {
  DomainRef dom;
};

struct ConnectDomainEventCallbackRegisterAny {
  static constexpr Proc proc{316, "connect_domain_event_callback_register_any", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t callback_id = 0;
  };
  std::int32_t event_id = 0;
  std::optional<DomainRef> dom;
};

struct ConnectDomainEventCallbackDeregisterAny {
  static constexpr Proc proc{317, "connect_domain_event_callback_deregister_any", Streaming::none, Role::monitor};
  using Reply = Void;
  std::int32_t callback_id = 0;
};

struct DomainEventCallbackLifecycle {
  static constexpr Proc proc{318, "domain_event_callback_lifecycle", Streaming::none, Role::monitor};
  using Reply = Void;
  std::int32_t callback_id = 0;
  DomainEventLifecycleMsg msg;
};

struct DomainEventCallbackReboot {
  static constexpr Proc proc{319, "domain_event_callback_reboot", Streaming::none, Role::monitor};
  using Reply = Void;
  std::int32_t callback_id = 0;
  DomainEventRebootMsg msg;
};

}  // namespace sluice::remote
