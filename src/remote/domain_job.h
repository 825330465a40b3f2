#pragma once
// Saving, restoring, jobs and consoles: numbers and fields are facts of libvirt 9.0.0's remote program.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "remote/proc.h"
#include "remote/types.h"

namespace sluice::remote {

struct DomainSave {
  static constexpr Proc proc{55, "domain_save", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
  std::string to;
};

struct DomainSaveFlags {
  static constexpr Proc proc{232, "domain_save_flags", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
  std::string to;
  std::optional<std::string> dxml;
  std::uint32_t flags = 0;
};

struct DomainRestore {
  static constexpr Proc proc{54, "domain_restore", Streaming::none, Role::operate};
  using Reply = Void;
  std::string from;
};

struct DomainRestoreFlags {
  static constexpr Proc proc{233, "domain_restore_flags", Streaming::none, Role::operate};
  using Reply = Void;
  std::string from;
  std::optional<std::string> dxml;
  std::uint32_t flags = 0;
};

struct DomainSaveImageGetXmlDesc {
  static constexpr Proc proc{235, "domain_save_image_get_xml_desc", Streaming::none, Role::operate};
  struct Reply {
    std::string xml;
  };
  std::string file;
  std::uint32_t flags = 0;
};

struct DomainGetJobInfo {
  static constexpr Proc proc{163, "domain_get_job_info", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t type = 0;
    std::uint64_t time_elapsed = 0;
    std::uint64_t time_remaining = 0;
    std::uint64_t data_total = 0;
    std::uint64_t data_processed = 0;
    std::uint64_t data_remaining = 0;
    std::uint64_t mem_total = 0;
    std::uint64_t mem_processed = 0;
    std::uint64_t mem_remaining = 0;
    std::uint64_t file_total = 0;
    std::uint64_t file_processed = 0;
    std::uint64_t file_remaining = 0;
  };
  DomainRef dom;
};

struct DomainGetJobStats {
  static constexpr Proc proc{298, "domain_get_job_stats", Streaming::none, Role::monitor};
  struct Reply {
    std::int32_t type = 0;
    TypedParams params;
  };
  DomainRef dom;
  std::uint32_t flags = 0;
};

struct DomainAbortJob {
  static constexpr Proc proc{164, "domain_abort_job", Streaming::none, Role::operate};
  using Reply = Void;
  DomainRef dom;
};

struct DomainOpenConsole {
  static constexpr Proc proc{201, "domain_open_console", Streaming::both, Role::operate};
  using Reply = Void;
  DomainRef dom;
  std::optional<std::string> dev_name;
  std::uint32_t flags = 0;
};

}  // namespace sluice::remote
