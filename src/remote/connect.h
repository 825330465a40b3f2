#pragma once
// Procedures about the connection and the node: numbers and fields are facts of libvirt 9.0.0's remote program.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "remote/proc.h"
#include "remote/types.h"

namespace sluice::remote {

struct ConnectOpen {
  static constexpr Proc proc{1, "connect_open", Streaming::none, Role::none};
  using Reply = Void;
  std::optional<std::string> name;
  std::uint32_t flags = 0;
};

struct ConnectClose {
  static constexpr Proc proc{2, "connect_close", Streaming::none, Role::none};
  using Reply = Void;
};

struct ConnectGetType {
  static constexpr Proc proc{3, "connect_get_type", Streaming::none, Role::monitor};
  struct Reply {
    std::string type;
  };
};

struct ConnectGetVersion {
  static constexpr Proc proc{4, "connect_get_version", Streaming::none, Role::monitor};
  struct Reply {
    std::uint64_t hv_ver = 0;
  };
};

struct ConnectGetMaxVcpus {
  static constexpr Proc proc{5, "connect_get_max_vcpus", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t max_vcpus = 0;
  };
  std::optional<std::string> type;
};

struct NodeGetInfo {
  static constexpr Proc proc{6, "node_get_info", Streaming::none, Role::monitor};
  struct Reply {
    std::array<xdr::Wide<std::int8_t>, 32> model{};
    std::uint64_t memory = 0;
    std::int32_t cpus = 0;
    std::int32_t mhz = 0;
    std::int32_t nodes = 0;
    std::int32_t sockets = 0;
    std::int32_t cores = 0;
    std::int32_t threads = 0;
  };
};

struct ConnectGetCapabilities {
  static constexpr Proc proc{7, "connect_get_capabilities", Streaming::none, Role::monitor};
  struct Reply {
    std::string capabilities;
  };
};

struct ConnectGetHostname {
  static constexpr Proc proc{59, "connect_get_hostname", Streaming::none, Role::monitor};
  struct Reply {
    std::string hostname;
  };
};

struct ConnectSupportsFeature {
  static constexpr Proc proc{60, "connect_supports_feature", Streaming::none, Role::none};
  struct Reply {
    std::int32_t supported = 0;
  };
  std::int32_t feature = 0;
};

struct ConnectGetUri {
  static constexpr Proc proc{110, "connect_get_uri", Streaming::none, Role::monitor};
  struct Reply {
    std::string uri;
  };
};

struct ConnectIsSecure {
  static constexpr Proc proc{149, "connect_is_secure", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t secure = 0;
  };
};

struct ConnectGetLibVersion {
  static constexpr Proc proc{157, "connect_get_lib_version", Streaming::none, Role::monitor};
  struct Reply {
    std::uint64_t lib_ver = 0;
  };
};

struct ConnectGetDomainCapabilities {
  static constexpr Proc proc{342, "connect_get_domain_capabilities", Streaming::none, Role::monitor};
  struct Reply {
    std::string capabilities;
  };
  std::optional<std::string> emulatorbin;
  std::optional<std::string> arch;
  std::optional<std::string> machine;
  std::optional<std::string> virttype;
  std::uint32_t flags = 0;
};

struct ConnectRegisterCloseCallback {
  static constexpr Proc proc{360, "connect_register_close_callback", Streaming::none, Role::monitor};
  using Reply = Void;
};

struct ConnectUnregisterCloseCallback {
  static constexpr Proc proc{361, "connect_unregister_close_callback", Streaming::none, Role::monitor};
  using Reply = Void;
};

struct NodeGetFreeMemory {
  static constexpr Proc proc{102, "node_get_free_memory", Streaming::none, Role::monitor};
  struct Reply {
    std::uint64_t free_mem = 0;
  };
};

struct ConnectGetSysinfo {
  static constexpr Proc proc{203, "connect_get_sysinfo", Streaming::none, Role::monitor};
  struct Reply {
    std::string sysinfo;
  };
  std::uint32_t flags = 0;
};

struct AuthList {
  static constexpr Proc proc{66, "auth_list", Streaming::none, Role::none};
  struct Reply {
    xdr::List<std::int32_t, 20> types;
  };
};

struct AuthSaslInit {
  static constexpr Proc proc{67, "auth_sasl_init", Streaming::none, Role::none};
  struct Reply {
    std::string mechlist;
  };
};

struct AuthSaslStart {
  static constexpr Proc proc{68, "auth_sasl_start", Streaming::none, Role::none};
  struct Reply {
    std::int32_t complete = 0;
    std::int32_t nil = 0;
    xdr::List<xdr::Wide<std::int8_t>, 65536> data;
  };
  std::string mech;
  std::int32_t nil = 0;
  xdr::List<xdr::Wide<std::int8_t>, 65536> data;
};

struct AuthSaslStep {
  static constexpr Proc proc{69, "auth_sasl_step", Streaming::none, Role::none};
  struct Reply {
    std::int32_t complete = 0;
    std::int32_t nil = 0;
    xdr::List<xdr::Wide<std::int8_t>, 65536> data;
  };
  std::int32_t nil = 0;
  xdr::List<xdr::Wide<std::int8_t>, 65536> data;
};

struct AuthPolkit {
  static constexpr Proc proc{70, "auth_polkit", Streaming::none, Role::none};
  struct Reply {
    std::int32_t complete = 0;
  };
};

}  // namespace sluice::remote
