#pragma once
// Procedures about machines: numbers and fields are facts of libvirt 9.0.0's remote program.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "remote/proc.h"
#include "remote/types.h"

namespace sluice::remote {

struct DomainSnapshotRef {
  std::string name;
  DomainRef dom;
};

struct ConnectListAllDomains {
  static constexpr Proc proc{273, "connect_list_all_domains", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<DomainRef, 16384> domains;
    std::uint32_t count = 0;
  };
  std::int32_t need_results = 0;
  std::uint32_t flags = 0;
};

struct ConnectNumOfDomains {
  static constexpr Proc proc{51, "connect_num_of_domains", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t num = 0;
  };
};

struct ConnectNumOfDefinedDomains {
  static constexpr Proc proc{25, "connect_num_of_defined_domains", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t num = 0;
  };
};

struct ConnectListDomains {
  static constexpr Proc proc{37, "connect_list_domains", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<std::int32_t, 16384> ids;
  };
  std::int32_t maxids = 0;
};

struct ConnectListDefinedDomains {
  static constexpr Proc proc{21, "connect_list_defined_domains", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<std::string, 16384> names;
  };
  std::int32_t maxnames = 0;
};

struct DomainLookupById {
  static constexpr Proc proc{22, "domain_lookup_by_id", Streaming::none, Role::monitor};
  struct Reply {
    DomainRef dom;
  };
  std::int32_t id = 0;
};

struct DomainLookupByName {
  static constexpr Proc proc{23, "domain_lookup_by_name", Streaming::none, Role::monitor};
  struct Reply {
    DomainRef dom;
  };
  std::string name;
};

struct DomainLookupByUuid {
  static constexpr Proc proc{24, "domain_lookup_by_uuid", Streaming::none, Role::monitor};
  struct Reply {
    DomainRef dom;
  };
  Uuid uuid;
};

struct DomainCreate {
  static constexpr Proc proc{9, "domain_create", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
};

struct DomainCreateXml {
  static constexpr Proc proc{10, "domain_create_xml", Streaming::none, Role::operate};
  struct Reply {
    DomainRef dom;
  };
  std::string xml_desc;
  std::uint32_t flags = 0;
};

struct DomainCreateWithFlags {
  static constexpr Proc proc{196, "domain_create_with_flags", Streaming::none, Role::operate};
  struct Reply {
    DomainRef dom;
  };
  DomainRef dom;
  std::uint32_t flags = 0;
};

struct DomainDefineXml {
  static constexpr Proc proc{11, "domain_define_xml", Streaming::none, Role::operate};
  struct Reply {
    DomainRef dom;
  };
  std::string xml;
};

struct DomainDefineXmlFlags {
  static constexpr Proc proc{350, "domain_define_xml_flags", Streaming::none, Role::operate};
  struct Reply {
    DomainRef dom;
  };
  std::string xml;
  std::uint32_t flags = 0;
};

struct DomainUndefine {
  static constexpr Proc proc{35, "domain_undefine", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
};

struct DomainUndefineFlags {
  static constexpr Proc proc{231, "domain_undefine_flags", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
  std::uint32_t flags = 0;
};

struct DomainDestroy {
  static constexpr Proc proc{12, "domain_destroy", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
};

struct DomainDestroyFlags {
  static constexpr Proc proc{234, "domain_destroy_flags", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
  std::uint32_t flags = 0;
};

struct DomainShutdown {
  static constexpr Proc proc{33, "domain_shutdown", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
};

struct DomainShutdownFlags {
  static constexpr Proc proc{258, "domain_shutdown_flags", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
  std::uint32_t flags = 0;
};

struct DomainReboot {
  static constexpr Proc proc{27, "domain_reboot", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
  std::uint32_t flags = 0;
};

struct DomainReset {
  static constexpr Proc proc{245, "domain_reset", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
  std::uint32_t flags = 0;
};

struct DomainSuspend {
  static constexpr Proc proc{34, "domain_suspend", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
};

struct DomainResume {
  static constexpr Proc proc{28, "domain_resume", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
};

struct DomainGetXmlDesc {
  static constexpr Proc proc{14, "domain_get_xml_desc", Streaming::none, Role::monitor};
  struct Reply {
    std::string xml;
  };
  DomainRef dom;
  std::uint32_t flags = 0;
};

struct DomainGetInfo {
  static constexpr Proc proc{16, "domain_get_info", Streaming::none, Role::monitor};
  struct Reply {
    xdr::Wide<std::uint8_t> state;
    std::uint64_t max_mem = 0;
    std::uint64_t memory = 0;
    xdr::Wide<std::uint16_t> nr_virt_cpu;
    std::uint64_t cpu_time = 0;
  };
  DomainRef dom;
};

struct DomainGetState {
  static constexpr Proc proc{212, "domain_get_state", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t state = 0;
    std::int32_t reason = 0;
  };
  DomainRef dom;
  std::uint32_t flags = 0;
};

struct DomainGetOsType {
  static constexpr Proc proc{19, "domain_get_os_type", Streaming::none, Role::monitor};
  struct Reply {
    std::string type;
  };
  DomainRef dom;
};

struct DomainGetMaxMemory {
  static constexpr Proc proc{17, "domain_get_max_memory", Streaming::none, Role::monitor};
  struct Reply {
    std::uint64_t memory = 0;
  };
  DomainRef dom;
};

struct DomainGetMaxVcpus {
  static constexpr Proc proc{18, "domain_get_max_vcpus", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t num = 0;
  };
  DomainRef dom;
};

struct DomainGetVcpusFlags {
  static constexpr Proc proc{200, "domain_get_vcpus_flags", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t num = 0;
  };
  DomainRef dom;
  std::uint32_t flags = 0;
};

struct DomainGetAutostart {
  static constexpr Proc proc{15, "domain_get_autostart", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t autostart = 0;
  };
  DomainRef dom;
};

struct DomainSetAutostart {
  static constexpr Proc proc{29, "domain_set_autostart", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
  std::int32_t autostart = 0;
};

struct DomainIsActive {
  static constexpr Proc proc{150, "domain_is_active", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t active = 0;
  };
  DomainRef dom;
};

struct DomainIsPersistent {
  static constexpr Proc proc{151, "domain_is_persistent", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t persistent = 0;
  };
  DomainRef dom;
};

struct DomainIsUpdated {
  static constexpr Proc proc{202, "domain_is_updated", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t updated = 0;
  };
  DomainRef dom;
};

struct DomainHasManagedSaveImage {
  static constexpr Proc proc{183, "domain_has_managed_save_image", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t result = 0;
  };
  DomainRef dom;
  std::uint32_t flags = 0;
};

struct DomainSnapshotNum {
  static constexpr Proc proc{187, "domain_snapshot_num", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t num = 0;
  };
  DomainRef dom;
  std::uint32_t flags = 0;
};

struct DomainListAllSnapshots {
  static constexpr Proc proc{274, "domain_list_all_snapshots", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<DomainSnapshotRef, 16384> snapshots;
    std::int32_t count = 0;
  };
  DomainRef dom;
  std::int32_t need_results = 0;
  std::uint32_t flags = 0;
};

struct DomainGetMetadata {
  static constexpr Proc proc{265, "domain_get_metadata", Streaming::none, Role::monitor};
  struct Reply {
    std::string metadata;
  };
  DomainRef dom;
  std::int32_t type = 0;
  std::optional<std::string> uri;
  std::uint32_t flags = 0;
};

struct DomainGetControlInfo {
  static constexpr Proc proc{229, "domain_get_control_info", Streaming::none, Role::monitor};
  struct Reply {
    std::uint32_t state = 0;
    std::uint32_t details = 0;
    std::uint64_t state_time = 0;
  };
  DomainRef dom;
  std::uint32_t flags = 0;
};

struct DomainGetSecurityLabel {
  static constexpr Proc proc{121, "domain_get_security_label", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<xdr::Wide<std::int8_t>, 4097> label;
    std::int32_t enforcing = 0;
  };
  DomainRef dom;
};

struct NodeGetSecurityModel {
  static constexpr Proc proc{122, "node_get_security_model", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<xdr::Wide<std::int8_t>, 257> model;
    xdr::List<xdr::Wide<std::int8_t>, 257> doi;
  };
};

}  // namespace sluice::remote
