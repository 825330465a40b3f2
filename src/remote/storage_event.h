#pragma once
// Storage pool events: registration and the messages a daemon sends unasked. Numbers and fields are facts of libvirt
// 9.0.0's remote program.

#include <cstdint>
#include <optional>

#include "remote/storage.h"

namespace sluice::remote {

struct ConnectStoragePoolEventRegisterAny {
  static constexpr Proc proc{368, "connect_storage_pool_event_register_any", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t callback_id = 0;
  };
  std::int32_t event_id = 0;
  std::optional<StoragePoolRef> pool;
};

struct ConnectStoragePoolEventDeregisterAny {
  static constexpr Proc proc{369, "connect_storage_pool_event_deregister_any", Streaming::none, Role::monitor};
  using Reply = Void;
  std::int32_t callback_id = 0;
};

struct StoragePoolEventLifecycle {
  static constexpr Proc proc{370, "storage_pool_event_lifecycle", Streaming::none, Role::monitor};
  using Reply = Void;
  std::int32_t callback_id = 0;
  StoragePoolRef pool;
  std::int32_t event = 0;
  std::int32_t detail = 0;
};

struct StoragePoolEventRefresh {
  static constexpr Proc proc{373, "storage_pool_event_refresh", Streaming::none, Role::monitor};
  using Reply = Void;
  std::int32_t callback_id = 0;
  StoragePoolRef pool;
};

}  // namespace sluice::remote
