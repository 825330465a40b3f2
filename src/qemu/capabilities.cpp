#include "qemu/capabilities.h"

#include <algorithm>
#include <string_view>

namespace sluice::qemu {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    switch (letter) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '\'': out += "&apos;"; break;
      default: out += letter;
    }
  }
  return out;
}

// A list of words under <enum name='...'>, as both documents have them.
std::string enumeration(std::string_view name, std::initializer_list<std::string_view> values) {
  std::string out = "      <enum name='" + std::string(name) + "'>\n";
  for (const std::string_view value : values) out += "        <value>" + std::string(value) + "</value>\n";
  return out + "      </enum>\n";
}

std::string device(std::string_view name, const std::string& inside) {
  return "    <" + std::string(name) + " supported='yes'>\n" + inside + "    </" + std::string(name) + ">\n";
}

bool buildable(const qmp::MachineType& machine) {
  return machine.name.starts_with("pc-i440fx-") || machine.name.starts_with("pc-q35-");
}

}  // namespace

std::string capabilities_xml(const Emulator& emulator, const HostDescription& host) {
  const std::string processors = std::to_string(host.processors);
  std::string out = "<capabilities>\n  <host>\n    <cpu>\n      <arch>x86_64</arch>\n";
  out += "      <topology sockets='1' dies='1' cores='" + processors + "' threads='1'/>\n    </cpu>\n";
  out += "    <topology>\n      <cells num='1'>\n        <cell id='0'>\n          <memory unit='KiB'>" +
         std::to_string(host.memory_kib) + "</memory>\n        </cell>\n      </cells>\n    </topology>\n";
  out += "  </host>\n  <guest>\n    <os_type>hvm</os_type>\n    <arch name='x86_64'>\n      <wordsize>64</wordsize>\n";
  out += "      <emulator>" + escaped(emulator.path) + "</emulator>\n";
  for (const qmp::MachineType& machine : emulator.machines) {
    if (!buildable(machine)) continue;
    const std::string cpus = std::to_string(std::max<std::uint32_t>(machine.cpus_max, 1));
    out += "      <machine maxCpus='" + cpus + "'>" + escaped(machine.name) + "</machine>\n";
    if (machine.alias.empty()) continue;
    out += "      <machine canonical='" + escaped(machine.name) + "' maxCpus='" + cpus + "'>" + escaped(machine.alias) +
           "</machine>\n";
  }
  out += "      <domain type='qemu'/>\n";
  if (host.kvm) out += "      <domain type='kvm'/>\n";
  out +=
      "    </arch>\n    <features>\n      <acpi default='on' toggle='yes'/>\n      <apic default='on' toggle='no'/>\n";
  out += "    </features>\n  </guest>\n</capabilities>\n";
  return out;
}

std::string domain_capabilities_xml(const Emulator& emulator, const HostDescription& host) {
  const std::string machine = emulator.canonical("pc").value_or("pc");
  std::string out = "<domainCapabilities>\n  <path>" + escaped(emulator.path) + "</path>\n";
  out += std::string("  <domain>") + (host.kvm ? "kvm" : "qemu") + "</domain>\n";
  out += "  <machine>" + escaped(machine) + "</machine>\n  <arch>x86_64</arch>\n";
  out += "  <vcpu max='255'/>\n  <os supported='yes'>\n    <loader supported='no'/>\n  </os>\n  <cpu>\n";
  out += std::string("    <mode name='host-passthrough' supported='") + (host.kvm ? "yes" : "no") + "'/>\n";
  out +=
      "    <mode name='maximum' supported='yes'/>\n    <mode name='custom' supported='yes'/>\n  </cpu>\n  <devices>\n";
  out += device("disk",
                enumeration("diskDevice", {"disk", "cdrom"}) + enumeration("bus", {"virtio", "ide", "sata", "scsi"}));
  out += device("graphics", enumeration("type", {"vnc"}));
  out += device("video", enumeration("modelType", {"vga", "cirrus", "virtio", "bochs", "none"}));
  out += device("rng", enumeration("model", {"virtio"}) + enumeration("backendModel", {"random", "builtin"}));
  out += "  </devices>\n  <features>\n    <gic supported='no'/>\n  </features>\n</domainCapabilities>\n";
  return out;
}

}  // namespace sluice::qemu
