#include <algorithm>
#include <set>

#include "qemu/device_arguments.h"

namespace sluice::qemu {
namespace {

using model::Disk;
using model::DiskBus;

// 0 for "vda", 1 for "sdb", 26 for "vdaa".
std::uint32_t index_of_target(std::string_view target) {
  std::uint32_t index = 0;
  for (const char letter : target.substr(std::min<std::size_t>(2, target.size()))) {
    if (letter < 'a' || letter > 'z') break;
    index = index * 26 + static_cast<std::uint32_t>(letter - 'a') + 1;
  }
  return index == 0 ? 0 : index - 1;
}

struct CacheMode {
  bool direct = false, no_flush = false, write_back = true;
};
std::optional<CacheMode> cache_mode(model::DiskCache cache) {
  switch (cache) {
    case model::DiskCache::host_default: return std::nullopt;
    case model::DiskCache::none: return CacheMode{.direct = true};
    case model::DiskCache::writethrough: return CacheMode{.write_back = false};
    case model::DiskCache::writeback: return CacheMode{};
    case model::DiskCache::directsync: return CacheMode{.direct = true, .write_back = false};
    case model::DiskCache::unsafe: return CacheMode{.no_flush = true};
  }
  return std::nullopt;
}

// The two layers below a drive: the file, and the format that reads it.
void add_image(const Build& build, const Disk& disk, const std::vector<int>& descriptors, const std::string& node) {
  const bool read_only = disk.read_only || disk.device == model::DiskDevice::cdrom;
  const auto cache = cache_mode(disk.cache);
  json::object file{{"driver", "file"},
                    {"filename", build.arguments.set(descriptors)},
                    {"node-name", node + "-file"},
                    {"auto-read-only", false},
                    {"read-only", read_only}};
  json::object image{
      {"driver", model::word(disk.format)}, {"file", node + "-file"}, {"node-name", node}, {"read-only", read_only}};
  if (!disk.io.empty()) file["aio"] = disk.io;
  for (json::object* layer : {&file, &image}) {
    if (!disk.discard.empty()) (*layer)["discard"] = disk.discard;
    if (cache) (*layer)["cache"] = json::object{{"direct", cache->direct}, {"no-flush", cache->no_flush}};
  }
  build.arguments.add("-blockdev", file);
  build.arguments.add("-blockdev", image);
}

Result<Place> attach_ide(const Build& build, const Disk& disk, json::object& drive) {
  if (build.chipset == Chipset::q35) {
    return fault(Code::config_unsupported, "disk '" + disk.target + "' is on bus ide, which machine type '" +
                                               build.spec.os.machine + "' does not have: use sata");
  }
  const auto& address = disk.address;
  const std::uint32_t index = index_of_target(disk.target);
  const std::uint32_t bus = address ? address->bus : index / 2;
  const std::uint32_t unit = address ? address->unit : index % 2;
  if (bus > 1 || unit > 1) {
    return fault(Code::config_unsupported, "disk '" + disk.target + "' does not fit: bus ide has four places");
  }
  drive["bus"] = "ide." + std::to_string(bus);
  drive["unit"] = unit;
  return Place::given;
}

Result<Place> attach_sata(const Build& build, const Disk& disk, json::object& drive) {
  const std::uint32_t controller = disk.address ? disk.address->controller : 0;
  const std::uint32_t unit = disk.address ? disk.address->unit : index_of_target(disk.target);
  if (unit > 5) {
    return fault(Code::config_unsupported, "disk '" + disk.target + "' does not fit: a sata controller has six places");
  }
  // The first controller of q35 is part of the board and its buses are called ide.
  const bool on_board = build.chipset == Chipset::q35 && controller == 0;
  drive["bus"] = (on_board ? "ide." : "sata" + std::to_string(controller) + ".") + std::to_string(unit);
  return Place::given;
}

Result<Place> attach(const Build& build, const Disk& disk, json::object& drive) {
  switch (disk.bus) {
    case DiskBus::virtio: return place_on_pci(build, drive, disk.address);
    case DiskBus::ide: return attach_ide(build, disk, drive);
    case DiskBus::sata: return attach_sata(build, disk, drive);
    case DiskBus::scsi: {
      const auto& address = disk.address;
      drive["bus"] = "scsi" + std::to_string(address ? address->controller : 0) + ".0";
      drive["channel"] = 0;
      drive["scsi-id"] = address ? address->target : index_of_target(disk.target);
      drive["lun"] = address ? address->unit : 0;
      return Place::given;
    }
  }
  return Place::any;
}

std::string_view driver_of(const Disk& disk) {
  const bool cdrom = disk.device == model::DiskDevice::cdrom;
  switch (disk.bus) {
    case DiskBus::virtio: return "virtio-blk-pci";
    case DiskBus::scsi: return cdrom ? "scsi-cd" : "scsi-hd";
    case DiskBus::ide:
    case DiskBus::sata: return cdrom ? "ide-cd" : "ide-hd";
  }
  return "";
}

Result<> add_disk(const Build& build, std::size_t index, std::optional<std::uint32_t> boot) {
  const Disk& disk = build.spec.devices.disks[index];
  if (disk.bus == DiskBus::virtio && disk.device == model::DiskDevice::cdrom) {
    return fault(Code::config_unsupported, "disk '" + disk.target + "': a cdrom cannot be on bus virtio");
  }
  json::object drive{{"driver", driver_of(disk)}, {"id", "disk-" + disk.target}};
  if (!disk.source.empty()) {
    const std::string node = "image" + std::to_string(index);
    add_image(build, disk, build.supplies.disks.at(index), node);
    drive["drive"] = node;
  }
  if (boot) drive["bootindex"] = *boot;
  if (const auto cache = cache_mode(disk.cache)) drive["write-cache"] = cache->write_back ? "on" : "off";
  if (!disk.serial.empty()) drive["serial"] = disk.serial;
  if (!disk.error_policy.empty()) {
    // Reading has no word for a full disk.
    drive["werror"] = disk.error_policy == "enospace" ? "enospc" : disk.error_policy;
    drive["rerror"] = disk.error_policy == "enospace" ? "report" : disk.error_policy;
  }
  const auto place = attach(build, disk, drive);
  if (!place) return std::unexpected(place.error());
  build.arguments.device(drive, *place);
  return {};
}

}  // namespace

BootOrder boot_order(const model::DomainSpec& spec) {
  BootOrder order;
  const auto& disks = spec.devices.disks;
  const auto& interfaces = spec.devices.interfaces;
  for (std::size_t i = 0; i < disks.size(); ++i) {
    if (disks[i].boot_order) order.disks[i] = *disks[i].boot_order;
  }
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    if (interfaces[i].boot_order) order.interfaces[i] = *interfaces[i].boot_order;
  }
  if (!order.disks.empty() || !order.interfaces.empty()) return order;

  // The first device of each kind stands for the kind.
  const auto kinds = spec.os.boot.empty() ? std::vector{model::BootDevice::hd} : spec.os.boot;
  std::uint32_t next = 1;
  for (const model::BootDevice kind : kinds) {
    if (kind == model::BootDevice::network) {
      if (!interfaces.empty() && !order.interfaces.contains(0)) order.interfaces[0] = next++;
      continue;
    }
    const auto wanted = kind == model::BootDevice::hd ? model::DiskDevice::disk : model::DiskDevice::cdrom;
    const auto first = std::ranges::find(disks, wanted, &Disk::device);
    if (first != disks.end()) {
      order.disks.try_emplace(static_cast<std::size_t>(first - disks.begin()), next++);
    }
  }
  return order;
}

Result<> add_disks(const Build& build, const BootOrder& order) {
  for (std::size_t i = 0; i < build.spec.devices.disks.size(); ++i) {
    const auto boot = order.disks.find(i);
    if (auto done = add_disk(build, i, boot == order.disks.end() ? std::nullopt : std::optional(boot->second)); !done) {
      return done;
    }
  }
  return {};
}

}  // namespace sluice::qemu
