#pragma once
// What this host offers, in the two documents libvirt's clients ask for before they define a machine.

#include <string>

#include "qemu/emulator.h"

namespace sluice::qemu {

struct HostDescription {
  bool kvm = false;
  long processors = 1;
  std::uint64_t memory_kib = 0;
};

std::string capabilities_xml(const Emulator& emulator, const HostDescription& host);
std::string domain_capabilities_xml(const Emulator& emulator, const HostDescription& host);

}  // namespace sluice::qemu
