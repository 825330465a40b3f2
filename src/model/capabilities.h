#pragma once
// What a host can do, as the two documents clients of libvirt ask for: `virsh capabilities` and `virsh
// domcapabilities`.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "model/domain.h"

namespace sluice::model {

struct MachineType {
  std::string name;   // "pc-i440fx-7.2"
  std::string alias;  // "pc"; empty: none
  std::uint32_t cpus_max = 0;
  bool operator==(const MachineType&) const = default;
};

struct HostCapabilities {
  Uuid uuid;  // of the host; nil: not told
  std::string arch = "x86_64";
  std::string cpu_model, cpu_vendor;  // empty: not told
  std::uint32_t sockets = 1, cores = 1, threads = 1;
  std::uint64_t memory_kib = 0;
  std::string emulator;         // "/usr/bin/qemu-system-x86_64"; empty: no machines run here
  std::vector<VirtType> types;  // what guests may be, best first
  std::vector<MachineType> machines;
};

std::string print_capabilities(const HostCapabilities& host);

// What a client may leave open when it asks for domain capabilities; empty: the host's choice.
struct DomainCapabilitiesQuery {
  std::string emulator, arch, machine, type;
};
// An error names what the host has not: "machine type 'virt' is not offered".
Result<std::string> print_domain_capabilities(const HostCapabilities& host, const DomainCapabilitiesQuery& query = {});

}  // namespace sluice::model
