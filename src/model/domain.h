#pragma once
// A DomainSpec is a machine's definition as a value: what Sluice understood of libvirt's domain XML, and that XML
// itself, so that elements nobody here knows survive being stored and printed.
//
//   Result<DomainSpec> spec = parse_domain(text);            // model/domain_xml.h
//   complete(*spec, random);                                 // uuid and MAC addresses that were left out
//   std::string text = print_domain(*spec, {.secure = true});
//
// A spec may also be built by hand; printing then makes the whole document.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "model/devices.h"
#include "model/words.h"

namespace sluice::model {

enum class VirtType : std::uint8_t { qemu, kvm, test };
template <>
inline constexpr auto words<VirtType> = std::to_array<std::string_view>({"qemu", "kvm", "test"});

enum class BootDevice : std::uint8_t { hd, cdrom, network };
template <>
inline constexpr auto words<BootDevice> = std::to_array<std::string_view>({"hd", "cdrom", "network"});

struct Os {
  std::string arch;     // "x86_64"; empty: the host's
  std::string machine;  // "pc-i440fx-7.2"; an alias ("pc", "q35") or empty until the host resolved it
  std::string kernel, initrd, cmdline;
  std::vector<BootDevice> boot;  // empty: by the devices' boot order
  bool boot_menu = false;
  bool operator==(const Os&) const = default;
};

struct Features {
  bool acpi = false, apic = false, pae = false;
  std::optional<bool> vmport;
  bool operator==(const Features&) const = default;
};

enum class CpuMode : std::uint8_t { host_default, custom, host_model, host_passthrough, maximum };
template <>
inline constexpr auto words<CpuMode> =
    std::to_array<std::string_view>({"", "custom", "host-model", "host-passthrough", "maximum"});

struct CpuFeature {
  std::string name;
  bool on = true;  // policies force and require; off: disable and forbid
  bool operator==(const CpuFeature&) const = default;
};
struct Topology {
  std::uint32_t sockets = 1, dies = 1, cores = 1, threads = 1;
  bool operator==(const Topology&) const = default;
};
struct Cpu {
  CpuMode mode = CpuMode::host_default;
  std::string model;  // custom
  std::vector<CpuFeature> features;
  std::optional<Topology> topology;
  bool operator==(const Cpu&) const = default;
};

enum class ClockOffset : std::uint8_t { utc, localtime };
template <>
inline constexpr auto words<ClockOffset> = std::to_array<std::string_view>({"utc", "localtime"});

struct Clock {
  ClockOffset offset = ClockOffset::utc;
  bool rtc_catchup = false;  // timer rtc, tickpolicy catchup
  bool pit_delay = false;    // timer pit, tickpolicy delay
  std::optional<bool> hpet;  // timer hpet, present
  bool operator==(const Clock&) const = default;
};

// What to do when the guest powers off, reboots or crashes.
enum class OnEvent : std::uint8_t { destroy, restart, preserve };
template <>
inline constexpr auto words<OnEvent> = std::to_array<std::string_view>({"destroy", "restart", "preserve"});

// The document a definition came from, with its secrets. Kept for what Sluice does not know; two specs with the same
// facts are equal whatever their documents look like.
struct KeptXml {
  std::string text;
  bool operator==(const KeptXml&) const { return true; }
};

struct DomainSpec {
  VirtType type = VirtType::kvm;
  std::string name;
  Uuid uuid;  // nil until complete()
  std::string title, description;
  std::uint64_t memory_kib = 0;
  std::uint64_t current_memory_kib = 0;  // at most memory_kib; what the balloon leaves the guest
  std::uint32_t vcpus = 1;
  Os os;
  Features features;
  Cpu cpu;
  Clock clock;
  OnEvent on_poweroff = OnEvent::destroy, on_reboot = OnEvent::restart, on_crash = OnEvent::destroy;
  std::optional<bool> suspend_to_mem, suspend_to_disk;
  Devices devices;
  KeptXml kept;
  bool operator==(const DomainSpec&) const = default;
};

}  // namespace sluice::model
