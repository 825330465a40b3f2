#pragma once
// Procedures about storage pools and their volumes: numbers and fields are facts of libvirt 9.0.0's remote program.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "remote/proc.h"
#include "remote/types.h"

namespace sluice::remote {

struct StoragePoolRef {  // a daemon resolves it by uuid only
  std::string name;
  Uuid uuid;
  bool operator==(const StoragePoolRef&) const = default;
};

struct StorageVolRef {  // a daemon resolves it by the names of pool and volume only
  std::string pool;
  std::string name;
  std::string key;
  bool operator==(const StorageVolRef&) const = default;
};

struct ConnectListAllStoragePools {
  static constexpr Proc proc{281, "connect_list_all_storage_pools", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<StoragePoolRef, 16384> pools;
    std::uint32_t count = 0;
  };
  std::int32_t need_results = 0;
  std::uint32_t flags = 0;
};

struct ConnectNumOfStoragePools {
  static constexpr Proc proc{71, "connect_num_of_storage_pools", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t num = 0;
  };
};

struct ConnectListStoragePools {
  static constexpr Proc proc{72, "connect_list_storage_pools", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<std::string, 16384> names;
  };
  std::int32_t maxnames = 0;
};

struct ConnectNumOfDefinedStoragePools {
  static constexpr Proc proc{73, "connect_num_of_defined_storage_pools", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t num = 0;
  };
};

struct ConnectListDefinedStoragePools {
  static constexpr Proc proc{74, "connect_list_defined_storage_pools", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<std::string, 16384> names;
  };
  std::int32_t maxnames = 0;
};

struct ConnectGetStoragePoolCapabilities {
  static constexpr Proc proc{403, "connect_get_storage_pool_capabilities", Streaming::none, Role::monitor};
  struct Reply {
    std::string capabilities;
  };
  std::uint32_t flags = 0;
};

struct StoragePoolLookupByName {
  static constexpr Proc proc{84, "storage_pool_lookup_by_name", Streaming::none, Role::monitor};
  struct Reply {
    StoragePoolRef pool;
  };
  std::string name;
};

struct StoragePoolLookupByUuid {
  static constexpr Proc proc{85, "storage_pool_lookup_by_uuid", Streaming::none, Role::monitor};
  struct Reply {
    StoragePoolRef pool;
  };
  Uuid uuid;
};

struct StoragePoolLookupByVolume {
  static constexpr Proc proc{86, "storage_pool_lookup_by_volume", Streaming::none, Role::monitor};
  struct Reply {
    StoragePoolRef pool;
  };
  StorageVolRef vol;
};

struct StoragePoolLookupByTargetPath {
  static constexpr Proc proc{391, "storage_pool_lookup_by_target_path", Streaming::none, Role::monitor};
  struct Reply {
    StoragePoolRef pool;
  };
  std::string path;
};

struct StoragePoolDefineXml {
  static constexpr Proc proc{77, "storage_pool_define_xml", Streaming::none, Role::operate};
  struct Reply {
    StoragePoolRef pool;
  };
  std::string xml;
  std::uint32_t flags = 0;
};

struct StoragePoolCreateXml {
  static constexpr Proc proc{76, "storage_pool_create_xml", Streaming::none, Role::operate};
  struct Reply {
    StoragePoolRef pool;
  };
  std::string xml;
  std::uint32_t flags = 0;
};

struct StoragePoolBuild {
  static constexpr Proc proc{79, "storage_pool_build", Streaming::none, Role::operate};
  using Reply = Void;
  StoragePoolRef pool;
  std::uint32_t flags = 0;
};

struct StoragePoolCreate {
  static constexpr Proc proc{78, "storage_pool_create", Streaming::none, Role::operate};
  using Reply = Void;
  StoragePoolRef pool;
  std::uint32_t flags = 0;
};

struct StoragePoolDestroy {
  static constexpr Proc proc{80, "storage_pool_destroy", Streaming::none, Role::operate};
  using Reply = Void;
  StoragePoolRef pool;
};

struct StoragePoolRefresh {
  static constexpr Proc proc{83, "storage_pool_refresh", Streaming::none, Role::operate};
  using Reply = Void;
  StoragePoolRef pool;
  std::uint32_t flags = 0;
};

struct StoragePoolDelete {
  static constexpr Proc proc{81, "storage_pool_delete", Streaming::none, Role::operate};
  using Reply = Void;
  StoragePoolRef pool;
  std::uint32_t flags = 0;
};

struct StoragePoolUndefine {
  static constexpr Proc proc{82, "storage_pool_undefine", Streaming::none, Role::operate};
  using Reply = Void;
  StoragePoolRef pool;
};

struct StoragePoolGetInfo {
  static constexpr Proc proc{87, "storage_pool_get_info", Streaming::none, Role::monitor};
  struct Reply {
    xdr::Wide<std::uint8_t> state;
    std::uint64_t capacity = 0;
    std::uint64_t allocation = 0;
    std::uint64_t available = 0;
  };
  StoragePoolRef pool;
};

struct StoragePoolGetXmlDesc {
  static constexpr Proc proc{88, "storage_pool_get_xml_desc", Streaming::none, Role::monitor};
  struct Reply {
    std::string xml;
  };
  StoragePoolRef pool;
  std::uint32_t flags = 0;
};

struct StoragePoolGetAutostart {
  static constexpr Proc proc{89, "storage_pool_get_autostart", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t autostart = 0;
  };
  StoragePoolRef pool;
};

struct StoragePoolSetAutostart {
  static constexpr Proc proc{90, "storage_pool_set_autostart", Streaming::none, Role::operate};
  using Reply = Void;
  StoragePoolRef pool;
  std::int32_t autostart = 0;
};

struct StoragePoolIsActive {
  static constexpr Proc proc{154, "storage_pool_is_active", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t active = 0;
  };
  StoragePoolRef pool;
};

struct StoragePoolIsPersistent {
  static constexpr Proc proc{155, "storage_pool_is_persistent", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t persistent = 0;
  };
  StoragePoolRef pool;
};

struct StoragePoolNumOfVolumes {
  static constexpr Proc proc{91, "storage_pool_num_of_volumes", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t num = 0;
  };
  StoragePoolRef pool;
};

struct StoragePoolListVolumes {
  static constexpr Proc proc{92, "storage_pool_list_volumes", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<std::string, 16384> names;
  };
  StoragePoolRef pool;
  std::int32_t maxnames = 0;
};

struct StoragePoolListAllVolumes {
  static constexpr Proc proc{282, "storage_pool_list_all_volumes", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<StorageVolRef, 16384> vols;
    std::uint32_t count = 0;
  };
  StoragePoolRef pool;
  std::int32_t need_results = 0;
  std::uint32_t flags = 0;
};

struct StorageVolLookupByName {
  static constexpr Proc proc{95, "storage_vol_lookup_by_name", Streaming::none, Role::monitor};
  struct Reply {
    StorageVolRef vol;
  };
  StoragePoolRef pool;
  std::string name;
};

struct StorageVolLookupByKey {
  static constexpr Proc proc{96, "storage_vol_lookup_by_key", Streaming::none, Role::monitor};
  struct Reply {
    StorageVolRef vol;
  };
  std::string key;
};

struct StorageVolLookupByPath {
  static constexpr Proc proc{97, "storage_vol_lookup_by_path", Streaming::none, Role::monitor};
  struct Reply {
    StorageVolRef vol;
  };
  std::string path;
};

struct StorageVolCreateXml {
  static constexpr Proc proc{93, "storage_vol_create_xml", Streaming::none, Role::operate};
  struct Reply {
    StorageVolRef vol;
  };
  StoragePoolRef pool;
  std::string xml;
  std::uint32_t flags = 0;
};

struct StorageVolCreateXmlFrom {
  static constexpr Proc proc{125, "storage_vol_create_xml_from", Streaming::none, Role::operate};
  struct Reply {
    StorageVolRef vol;
  };
  StoragePoolRef pool;
  std::string xml;
  StorageVolRef clonevol;
  std::uint32_t flags = 0;
};

struct StorageVolDelete {
  static constexpr Proc proc{94, "storage_vol_delete", Streaming::none, Role::operate};
  using Reply = Void;
  StorageVolRef vol;
  std::uint32_t flags = 0;
};

struct StorageVolGetInfo {
  static constexpr Proc proc{98, "storage_vol_get_info", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t type = 0;  // libvirt: a char in a word
    std::uint64_t capacity = 0;
    std::uint64_t allocation = 0;
  };
  StorageVolRef vol;
};

struct StorageVolGetInfoFlags {
  static constexpr Proc proc{378, "storage_vol_get_info_flags", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t type = 0;  // libvirt: a char in a word
    std::uint64_t capacity = 0;
    std::uint64_t allocation = 0;
  };
  StorageVolRef vol;
  std::uint32_t flags = 0;
};

struct StorageVolGetXmlDesc {
  static constexpr Proc proc{99, "storage_vol_get_xml_desc", Streaming::none, Role::monitor};
  struct Reply {
    std::string xml;
  };
  StorageVolRef vol;
  std::uint32_t flags = 0;
};

struct StorageVolGetPath {
  static constexpr Proc proc{100, "storage_vol_get_path", Streaming::none, Role::monitor};
  struct Reply {
    std::string name;
  };
  StorageVolRef vol;
};

struct StorageVolResize {
  static constexpr Proc proc{260, "storage_vol_resize", Streaming::none, Role::operate};
  using Reply = Void;
  StorageVolRef vol;
  std::uint64_t capacity = 0;
  std::uint32_t flags = 0;
};

struct StorageVolWipe {
  static constexpr Proc proc{165, "storage_vol_wipe", Streaming::none, Role::operate};
  using Reply = Void;
  StorageVolRef vol;
  std::uint32_t flags = 0;
};

struct StorageVolWipePattern {
  static constexpr Proc proc{259, "storage_vol_wipe_pattern", Streaming::none, Role::operate};
  using Reply = Void;
  StorageVolRef vol;
  std::uint32_t algorithm = 0;
  std::uint32_t flags = 0;
};

struct StorageVolUpload {
  static constexpr Proc proc{208, "storage_vol_upload", Streaming::up, Role::operate, true};
  using Reply = Void;
  StorageVolRef vol;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint32_t flags = 0;
};

struct StorageVolDownload {
  static constexpr Proc proc{209, "storage_vol_download", Streaming::down, Role::operate, true};
  using Reply = Void;
  StorageVolRef vol;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint32_t flags = 0;
};

}  // namespace sluice::remote
