#include "model/same_machine.h"

#include <string>

namespace sluice::model {
namespace {

std::string shown(std::string_view text) { return text.empty() ? "none" : "'" + std::string(text) + "'"; }
std::string shown(const std::string& text) { return shown(std::string_view(text)); }
std::string shown(bool flag) { return flag ? "yes" : "no"; }
std::string shown(std::uint32_t number) { return std::to_string(number); }
std::string shown(std::uint64_t number) { return std::to_string(number); }
template <class Enum>
  requires std::is_enum_v<Enum>
std::string shown(Enum value) {
  return shown(word(value));
}
template <class T>
std::string shown(const std::optional<T>& value) {
  if constexpr (requires { shown(*value); }) {
    return value ? shown(*value) : "unset";
  } else {
    return value ? "another" : "unset";
  }
}

// Compares one thing after the other; the first that differs is the sentence.
class Comparison {
 public:
  template <class T>
  Comparison& same(const std::string& what, const T& saved, const T& wanted) {
    if (!difference_.empty() || saved == wanted) return *this;
    difference_ = what + " was " + shown(saved) + " when the machine was saved and is " + shown(wanted) +
                  " in the new definition";
    return *this;
  }
  template <class T, class CompareOne>
  Comparison& same_list(const std::string& what, const std::vector<T>& saved, const std::vector<T>& wanted,
                        CompareOne compare) {
    same("the number of " + what, std::uint64_t{saved.size()}, std::uint64_t{wanted.size()});
    for (std::size_t i = 0; difference_.empty() && i < saved.size(); ++i) compare(*this, saved[i], wanted[i]);
    return *this;
  }
  // Something without a short name.
  template <class T>
  Comparison& same_whole(const std::string& what, const T& saved, const T& wanted) {
    if (difference_.empty() && !(saved == wanted)) {
      difference_ = what + " is not the same as when the machine was saved";
    }
    return *this;
  }
  Result<> result() const {
    if (difference_.empty()) return {};
    return fault(Code::config_unsupported, "the saved state does not fit: " + difference_, ErrorDomain::domain);
  }

 private:
  std::string difference_;
};

void compare_disk(Comparison& compare, const Disk& saved, const Disk& wanted) {
  const std::string disk = "disk '" + saved.target + "'";
  compare.same("the disk '" + saved.target + "'", saved.target, wanted.target)
      .same(disk + " device", saved.device, wanted.device)
      .same(disk + " bus", saved.bus, wanted.bus)
      .same(disk + " serial", saved.serial, wanted.serial)
      .same(disk + " readonly", saved.read_only, wanted.read_only)
      .same_whole(disk + " address", saved.address, wanted.address);
}

void compare_interface(Comparison& compare, const Interface& saved, const Interface& wanted) {
  const std::string interface = "interface '" + saved.mac + "'";
  compare.same("the MAC address of an interface", saved.mac, wanted.mac)
      .same(interface + " model", saved.model, wanted.model)
      .same(interface + " mtu", saved.mtu, wanted.mtu)
      .same_whole(interface + " address", saved.address, wanted.address);
}

void compare_controller(Comparison& compare, const Controller& saved, const Controller& wanted) {
  const std::string controller = "controller " + std::string(word(saved.type)) + " " + std::to_string(saved.index);
  compare.same("a controller's type", saved.type, wanted.type)
      .same("the index of a controller " + std::string(word(saved.type)), saved.index, wanted.index)
      .same(controller + " model", saved.model, wanted.model)
      .same_whole(controller, saved, wanted);
}

void compare_devices(Comparison& compare, const Devices& saved, const Devices& wanted) {
  compare.same_list("disks", saved.disks, wanted.disks, compare_disk)
      .same_list("interfaces", saved.interfaces, wanted.interfaces, compare_interface)
      .same_list("controllers", saved.controllers, wanted.controllers, compare_controller)
      .same_list("serial lines", saved.serials, wanted.serials,
                 [](Comparison& each, const Serial& a, const Serial& b) {
                   each.same("a serial line's port", a.port, b.port)
                       .same_whole("a serial line's address", a.address, b.address);
                 })
      .same_list(
          "consoles", saved.consoles, wanted.consoles,
          [](Comparison& each, const Console& a, const Console& b) {
            each.same("a console's target", a.target, b.target).same_whole("a console's address", a.address, b.address);
          })
      .same_list("channels", saved.channels, wanted.channels,
                 [](Comparison& each, const Channel& a, const Channel& b) {
                   each.same("a channel's name", a.name, b.name)
                       .same_whole("channel '" + a.name + "' address", a.address, b.address);
                 })
      .same_list("inputs", saved.inputs, wanted.inputs,
                 [](Comparison& each, const Input& a, const Input& b) {
                   each.same("an input's type", a.type, b.type).same("an input's bus", a.bus, b.bus);
                   each.same_whole("an input's address", a.address, b.address);
                 })
      .same_list("videos", saved.videos, wanted.videos,
                 [](Comparison& each, const Video& a, const Video& b) {
                   each.same("the video's model", a.model, b.model).same("the video's vram", a.vram_kib, b.vram_kib);
                   each.same_whole("the video's address", a.address, b.address);
                 })
      .same_list("rngs", saved.rngs, wanted.rngs,
                 [](Comparison& each, const Rng& a, const Rng& b) {
                   each.same_whole("an rng's address", a.address, b.address);
                 })
      .same_whole("the memballoon", saved.balloon, wanted.balloon);
}

}  // namespace

Result<> same_machine(const DomainSpec& saved, const DomainSpec& wanted) {
  Comparison compare;
  compare.same("the uuid", saved.uuid.text(), wanted.uuid.text())
      .same("memory in KiB", saved.memory_kib, wanted.memory_kib)
      .same("the number of vcpus", saved.vcpus, wanted.vcpus)
      .same("the type", saved.type, wanted.type)
      .same("os type arch", saved.os.arch, wanted.os.arch)
      .same("os type machine", saved.os.machine, wanted.os.machine)
      .same("cpu mode", saved.cpu.mode, wanted.cpu.mode)
      .same("cpu model", saved.cpu.model, wanted.cpu.model)
      .same_whole("cpu topology", saved.cpu.topology, wanted.cpu.topology)
      .same_whole("the list of cpu features", saved.cpu.features, wanted.cpu.features)
      .same("feature acpi", saved.features.acpi, wanted.features.acpi)
      .same("feature apic", saved.features.apic, wanted.features.apic)
      .same("feature pae", saved.features.pae, wanted.features.pae)
      .same("feature vmport", saved.features.vmport, wanted.features.vmport)
      .same("timer hpet", saved.clock.hpet, wanted.clock.hpet)
      .same("suspend-to-mem", saved.suspend_to_mem, wanted.suspend_to_mem)
      .same("suspend-to-disk", saved.suspend_to_disk, wanted.suspend_to_disk);
  compare_devices(compare, saved.devices, wanted.devices);
  return compare.result();
}

}  // namespace sluice::model
