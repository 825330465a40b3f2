#include "model/refusals.h"

#include <algorithm>
#include <string>

#include "base/limits.h"

namespace sluice::model {
namespace {

constexpr std::string_view seen_by_guest = "the guest would see another machine without it";
constexpr std::string_view resources = "resources of the host are not divided";
constexpr std::string_view no_device = "there is no such device here";

constexpr auto refusals = std::to_array<Refusal>({
    {"bootloader", "", "", "machines boot from a kernel or a disk"},
    {"os", "firmware", "bios", "machines start with a BIOS"},
    {"os/loader", "", "", "machines start with a BIOS"},
    {"os/nvram", "", "", "machines start with a BIOS"},
    {"os/init", "", "", "there are machines here, no containers"},
    {"os/dtb", "", "", seen_by_guest},
    {"os/acpi", "", "", seen_by_guest},
    {"os/shim", "", "", seen_by_guest},
    {"os/smbios", "mode", "emulate", seen_by_guest},
    {"os/bios", "", "", seen_by_guest},
    {"sysinfo", "", "", seen_by_guest},
    {"genid", "", "", seen_by_guest},
    {"maxMemory", "", "", "memory cannot be added to a running machine"},
    {"vcpus", "", "", "vcpus cannot be added to a running machine"},
    {"vcpu", "cpuset", "", resources},
    {"vcpu", "placement", "static", resources},
    {"memoryBacking/hugepages", "", "", "memory comes in ordinary pages"},
    {"memoryBacking/nosharepages", "", "", "the host may share equal pages"},
    {"memoryBacking/locked", "", "", "memory may be swapped out"},
    {"memoryBacking/source", "type", "anonymous", "memory is anonymous"},
    {"memoryBacking/access", "mode", "private", "memory is private"},
    {"memtune", "", "", resources},
    {"blkiotune", "", "", resources},
    {"cputune", "", "", resources},
    {"numatune", "", "", resources},
    {"idmap", "", "", "there are machines here, no containers"},
    {"launchSecurity", "", "", "memory is not encrypted"},
    {"keywrap", "", "", no_device},
    {"on_lockfailure", "", "", "disks are not locked"},
    {"seclabel", "type", "none|dynamic", "labels of the owner's choice are not set"},
    {"cpu/numa", "", "", seen_by_guest},
    {"cpu/cache", "", "", seen_by_guest},
    {"cpu/maxphysaddr", "", "", seen_by_guest},
    {"cpu/model", "vendor_id", "", seen_by_guest},
    {"clock", "timezone", "", "clocks are set to utc or localtime"},
    {"clock", "adjustment", "0|reset", "clocks are set to utc or localtime"},

    {"devices/hostdev", "", "", "devices of the host cannot be given to a machine"},
    {"devices/filesystem", "", "", "folders of the host cannot be given to a machine"},
    {"devices/smartcard", "", "", no_device},
    {"devices/redirdev", "", "", "USB devices cannot be redirected"},
    {"devices/redirfilter", "", "", "USB devices cannot be redirected"},
    {"devices/hub", "", "", no_device},
    {"devices/sound", "", "", no_device},
    {"devices/audio", "type", "none", no_device},
    {"devices/parallel", "", "", no_device},
    {"devices/tpm", "", "", no_device},
    {"devices/nvram", "", "", no_device},
    {"devices/panic", "", "", no_device},
    {"devices/shmem", "", "", no_device},
    {"devices/memory", "", "", no_device},
    {"devices/iommu", "", "", no_device},
    {"devices/vsock", "", "", no_device},
    {"devices/crypto", "", "", no_device},
    {"devices/watchdog", "", "", no_device},
    {"devices/lease", "", "", "disks are not locked"},

    {"devices/disk", "model", "virtio", seen_by_guest},
    {"devices/disk", "sgio", "", "disks are files of this host"},
    {"devices/disk", "rawio", "no", "disks are files of this host"},
    {"devices/disk/auth", "", "", "disks are files of this host"},
    {"devices/disk/encryption", "", "", "disks are not encrypted"},
    {"devices/disk/mirror", "", "", "disks are not mirrored"},
    {"devices/disk/iotune", "", "", resources},
    {"devices/disk/blockio", "", "", seen_by_guest},
    {"devices/disk/geometry", "", "", seen_by_guest},
    {"devices/disk/transient", "", "", "what is written to a disk stays"},
    {"devices/disk/shareable", "", "", "a disk belongs to one machine"},
    {"devices/disk/wwn", "", "", seen_by_guest},
    {"devices/disk/vendor", "", "", seen_by_guest},
    {"devices/disk/product", "", "", seen_by_guest},
    {"devices/disk/driver", "copy_on_read", "off", "disks do not copy while they are read"},
    {"devices/disk/target", "rotation_rate", "", seen_by_guest},
    {"devices/disk/target", "removable", "off", seen_by_guest},
    {"devices/disk/source/encryption", "", "", "disks are not encrypted"},
    {"devices/disk/source/reservations", "", "", "disks are files of this host"},
    {"devices/disk/source/slices", "", "", "disks are whole files"},
    {"devices/disk/source/auth", "", "", "disks are files of this host"},

    {"devices/interface/source", "", "", "interfaces are not connected to networks of the host"},
    {"devices/interface/backend", "", "", "QEMU's own NAT is the only one"},
    {"devices/interface/portForward", "", "", "ports are not forwarded"},
    {"devices/interface/ip", "", "", "addresses are those of QEMU's own NAT"},
    {"devices/interface/route", "", "", "addresses are those of QEMU's own NAT"},
    {"devices/interface/bandwidth", "", "", resources},
    {"devices/interface/filterref", "", "", "packets are not filtered"},
    {"devices/interface/vlan", "", "", "packets are not tagged"},
    {"devices/interface/virtualport", "", "", "interfaces are not connected to networks of the host"},
    {"devices/interface/script", "path", "|no", "scripts are not run"},
    {"devices/interface/downscript", "path", "|no", "scripts are not run"},
    {"devices/interface/port", "isolated", "no", "packets are not filtered"},
    {"devices/interface/teaming", "", "", seen_by_guest},
    {"devices/interface/rom", "", "", seen_by_guest},
    {"devices/interface/acpi", "", "", seen_by_guest},

    {"devices/graphics", "websocket", "-1", "VNC is spoken without WebSocket"},
    {"devices/graphics", "passwdValidTo", "", "passwords do not expire"},
    {"devices/graphics", "socket", "", "VNC listens on an address"},
    {"devices/graphics", "powerControl", "no", "VNC clients have no power over the machine"},
    {"devices/video/driver", "name", "qemu", seen_by_guest},
    {"devices/video/model", "heads", "1", "a machine has one screen"},
    {"devices/video/model/acceleration", "accel3d", "no", seen_by_guest},
    {"devices/video/model/acceleration", "accel2d", "no", seen_by_guest},
    {"devices/video/model/resolution", "", "", seen_by_guest},
    {"devices/memballoon", "autodeflate", "off", "memory is not given back by itself"},
    {"devices/memballoon", "freePageReporting", "off", "memory is not given back by itself"},
    {"devices/controller/target", "hotplug", "on", seen_by_guest},
});

bool allows(std::string_view allowed, std::string_view value) {
  while (true) {
    const std::size_t bar = allowed.find('|');
    if (allowed.substr(0, bar) == value) return true;
    if (bar == std::string_view::npos) return false;
    allowed.remove_prefix(bar + 1);
  }
}

void look(pugi::xml_node node, std::string_view path, Complaints& complaints) {
  for (const Refusal& refusal : refusals) {
    if (refusal.path != path) continue;
    if (refusal.attribute.empty()) {
      complaints.unsupported("<" + std::string(node.name()) + "> in <" + node.parent().name() +
                             "> is not supported: " + std::string(refusal.why));
      continue;
    }
    const pugi::xml_attribute there = node.attribute(std::string(refusal.attribute).c_str());
    if (there.empty() || (!refusal.allowed.empty() && allows(refusal.allowed, there.value()))) continue;
    complaints.unsupported(std::string(refusal.attribute) + "='" + there.value() + "' of <" + node.name() +
                           "> is not supported: " + std::string(refusal.why));
  }
}

// <qemu:commandline> and its like go around everything Sluice knows about a machine.
void look_for_bypass(pugi::xml_node node, Complaints& complaints) {
  static constexpr auto names = std::to_array<std::string_view>({"commandline", "override", "capabilities"});
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return;
  if (std::ranges::find(names, name.substr(colon + 1)) == names.end()) return;
  complaints.unsupported("<" + std::string(name) + "> is not supported: QEMU's command line is not open to additions");
}

}  // namespace

void refuse_what_cannot_be_honoured(pugi::xml_node domain, Complaints& complaints) {
  // The longest path of the table has four steps; deeper elements need no look.
  constexpr std::size_t steps_max = 4;
  std::size_t steps = 0;
  std::string path;
  pugi::xml_node node = domain.first_child();
  while (node && !complaints.first()) {
    if (node.type() == pugi::node_element) {
      const std::size_t parent_length = path.size();
      if (!path.empty()) path += '/';
      path += node.name();
      look(node, path, complaints);
      if (steps == 0) look_for_bypass(node, complaints);
      if (steps + 1 < steps_max && node.first_child()) {
        ++steps;
        node = node.first_child();
        continue;
      }
      path.resize(parent_length);
    }
    while (!node.next_sibling() && node.parent() != domain) {
      node = node.parent();
      --steps;
      path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
    }
    node = node.next_sibling();
  }
}

}  // namespace sluice::model
