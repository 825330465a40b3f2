#pragma once
// What Sluice has none of: networks, interfaces, node devices, filters, secrets. Clients list them at start; the answer
// is an empty list.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "remote/proc.h"
#include "remote/types.h"

namespace sluice::remote {

struct InterfaceRef {
  std::string name;
  std::string mac;
};
struct NwfilterRef {
  std::string name;
  Uuid uuid;
};
struct NodeDeviceRef {
  std::string name;
};
struct SecretRef {
  Uuid uuid;
  std::int32_t usage_type = 0;
  std::string usage_id;
};

struct ConnectListAllNetworks {
  static constexpr Proc proc{283, "connect_list_all_networks", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<NetworkRef, 16384> nets;
    std::uint32_t count = 0;
  };
  std::int32_t need_results = 0;
  std::uint32_t flags = 0;
};

struct ConnectListAllInterfaces {
  static constexpr Proc proc{284, "connect_list_all_interfaces", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<InterfaceRef, 16384> ifaces;
    std::uint32_t count = 0;
  };
  std::int32_t need_results = 0;
  std::uint32_t flags = 0;
};

struct ConnectListAllNodeDevices {
  static constexpr Proc proc{285, "connect_list_all_node_devices", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<NodeDeviceRef, 65536> devices;
    std::uint32_t count = 0;
  };
  std::int32_t need_results = 0;
  std::uint32_t flags = 0;
};

struct ConnectListAllNwfilters {
  static constexpr Proc proc{286, "connect_list_all_nwfilters", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<NwfilterRef, 16384> filters;
    std::uint32_t count = 0;
  };
  std::int32_t need_results = 0;
  std::uint32_t flags = 0;
};

struct ConnectListAllSecrets {
  static constexpr Proc proc{287, "connect_list_all_secrets", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<SecretRef, 16384> secrets;
    std::uint32_t count = 0;
  };
  std::int32_t need_results = 0;
  std::uint32_t flags = 0;
};

}  // namespace sluice::remote
