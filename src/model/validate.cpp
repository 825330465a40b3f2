#include "model/validate.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/limits.h"
#include "model/complaints.h"

namespace sluice::model {
namespace {

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Words that end up as a part of an option of QEMU: nothing that could begin another option.
bool is_plain_word(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == '+';
  });
}

class Validation {
 public:
  explicit Validation(const DomainSpec& spec) : spec_(spec) {}

  Result<> run() {
    machine();
    boot();
    for (const Disk& disk : spec_.devices.disks) check(disk);
    for (const Interface& interface : spec_.devices.interfaces) check(interface);
    for (const Serial& serial : spec_.devices.serials) check("serial", serial.source);
    for (const Console& console : spec_.devices.consoles) check("console", console.source);
    for (const Channel& channel : spec_.devices.channels) check(channel);
    for (const Graphics& graphics : spec_.devices.graphics) check(graphics);
    if (spec_.devices.graphics.size() > 1) complaints_.unsupported("more than one <graphics>");
    if (spec_.devices.videos.size() > 1) complaints_.unsupported("more than one <video>");
    if (spec_.devices.serials.size() > 4) complaints_.unsupported("more than four <serial>");
    check_path("emulator", spec_.devices.emulator);
    return complaints_.result();
  }

 private:
  void machine() {
    if (auto named = validate_name(spec_.name); !named) complaints_.wrong(named.error().message);
    if (spec_.title.find('\n') != std::string::npos) complaints_.wrong("the title has more than one line");
    if (spec_.memory_kib == 0) complaints_.wrong("a machine needs <memory>");
    if (spec_.memory_kib > limits::memory_kib_max) complaints_.wrong("memory is more than a machine can have");
    if (spec_.current_memory_kib > spec_.memory_kib) complaints_.wrong("currentMemory is more than memory");
    if (spec_.vcpus < 1 || spec_.vcpus > limits::vcpus_max) {
      complaints_.wrong("a machine has 1 to " + std::to_string(limits::vcpus_max) + " vcpus");
    }
    if (const auto& topology = spec_.cpu.topology) {
      const std::uint64_t product =
          std::uint64_t{topology->sockets} * topology->dies * topology->cores * topology->threads;
      if (product != spec_.vcpus) {
        complaints_.wrong("cpu topology makes " + std::to_string(product) + " vcpus, but there are " +
                          std::to_string(spec_.vcpus));
      }
    }
    check_word("os type arch", spec_.os.arch);
    check_word("os type machine", spec_.os.machine);
    check_word("cpu model", spec_.cpu.model);
    for (const CpuFeature& feature : spec_.cpu.features) {
      if (feature.name.empty()) complaints_.wrong("a cpu feature has no name");
      check_word("cpu feature", feature.name);
    }
  }

  void boot() {
    const Os& os = spec_.os;
    check_path("kernel", os.kernel);
    check_path("initrd", os.initrd);
    if (os.kernel.empty() && !(os.initrd.empty() && os.cmdline.empty())) {
      complaints_.wrong("an initrd or a cmdline needs a kernel");
    }
    if (has_control_characters(os.cmdline)) complaints_.wrong("the kernel's cmdline has control characters");
    std::set<std::uint32_t> orders;
    const auto add = [&](const std::optional<std::uint32_t>& order) {
      if (order && !orders.insert(*order).second) {
        complaints_.wrong("boot order " + std::to_string(*order) + " is given twice");
      }
    };
    for (const Disk& disk : spec_.devices.disks) add(disk.boot_order);
    for (const Interface& interface : spec_.devices.interfaces) add(interface.boot_order);
    if (!orders.empty() && !os.boot.empty()) {
      complaints_.unsupported("<boot> in <os> and <boot> in devices exclude each other");
    }
  }

  void check(const Disk& disk) {
    const auto name = "disk '" + disk.target + "'";
    if (disk.target.empty()) return complaints_.wrong("a disk has no target dev");
    if (disk.target.size() > 32 ||
        !std::ranges::all_of(disk.target, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); })) {
      return complaints_.wrong(name + " has a target dev that is not a name like vda");
    }
    if (!targets_.insert(disk.target).second) complaints_.wrong("target '" + disk.target + "' is used by two disks");
    if (disk.source.empty() && disk.device == DiskDevice::disk) complaints_.wrong(name + " has no source file");
    check_path(name, disk.source);
    if (disk.device == DiskDevice::cdrom && disk.bus == DiskBus::virtio) {
      complaints_.unsupported(name + ": a cdrom cannot sit on the bus virtio");
    }
    if (has_control_characters(disk.serial) || disk.serial.size() > 255) {
      complaints_.wrong(name + " has a serial that is not one");
    }
    const auto wanted = disk.bus == DiskBus::virtio ? AddressType::pci : AddressType::drive;
    if (disk.address && disk.address->type != wanted) {
      complaints_.wrong(name + " on the bus " + std::string(word(disk.bus)) + " cannot have an address of type " +
                        std::string(word(disk.address->type)));
    }
  }

  void check(const Interface& interface) {
    if (!interface.mac.empty() && !is_mac(interface.mac)) {
      complaints_.wrong("'" + interface.mac + "' is not the MAC address of one interface");
    }
    const std::string& tap = interface.target;
    if (interface.type == InterfaceType::user) {
      if (!tap.empty()) complaints_.wrong("an interface of type user has no target");
      return;
    }
    // IFNAMSIZ is 16 with the closing zero; the kernel refuses '/', blanks and these two names.
    const bool fits = tap.size() <= 15 && tap != "." && tap != ".." && !has_control_characters(tap) &&
                      tap.find_first_of("/ :%") == std::string::npos;
    if (!fits) complaints_.wrong("'" + tap + "' is not a name of a network interface");
    if (!interface.managed && tap.empty()) {
      complaints_.wrong("an interface with managed='no' needs the name of its target");
    }
  }

  static bool is_mac(std::string_view mac) {
    if (mac.size() != 17) return false;
    for (std::size_t i = 0; i < mac.size(); ++i) {
      const char c = mac[i];
      const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      if (i % 3 == 2 ? c != ':' : !digit) return false;
    }
    // The lowest bit of the first byte marks groups.
    return std::string_view("02468ace").find(mac[1]) != std::string_view::npos && mac != "00:00:00:00:00:00";
  }

  void check(const std::string& name, const CharacterSource& source) {
    check_path(name, source.path);
    check_path(name + " log", source.log_file);
    const bool needs_path = source.type == CharacterType::file || source.type == CharacterType::unix_socket;
    if (needs_path && source.path.empty()) complaints_.wrong(name + " has no source path");
    // A socket's address has room for 108 bytes with the closing zero.
    if (source.type == CharacterType::unix_socket && source.path.size() > 107) {
      complaints_.wrong(name + " has a path that is too long for a socket");
    }
  }

  void check(const Channel& channel) {
    const std::string name = "channel '" + channel.name + "'";
    if (channel.name.empty()) return complaints_.wrong("a channel has no target name");
    if (has_control_characters(channel.name)) complaints_.wrong("a channel has a target name that is not one");
    if (!channels_.insert(channel.name).second) complaints_.wrong(name + " is there twice");
    CharacterSource source = channel.source;
    if (source.path.empty() && source.listens) source.path = "/chosen-by-the-daemon";
    check(name, source);
  }

  void check(const Graphics& graphics) {
    const bool address = !graphics.listen.empty() && std::ranges::all_of(graphics.listen, [](char c) {
      return c == '.' || c == ':' || c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
             (c >= 'A' && c <= 'Z');
    });
    if (!address) complaints_.wrong("graphics listen '" + graphics.listen + "' is not an address");
    if (!is_plain_word(graphics.keymap)) complaints_.wrong("graphics keymap '" + graphics.keymap + "' is not a keymap");
    if (graphics.password.size() > 8) complaints_.wrong("the password of graphics has more than 8 characters");
  }

  void check_word(std::string_view what, const std::string& text) {
    if (!is_plain_word(text)) complaints_.wrong(std::string(what) + " '" + text + "' has characters that it may not");
  }
  void check_path(const std::string& what, const std::string& path) {
    if (path.empty()) return;
    if (!path.starts_with('/')) complaints_.wrong(what + ": '" + path + "' is not an absolute path");
    if (has_control_characters(path) || path.size() > 4095) complaints_.wrong(what + " has a path that is not one");
  }

  const DomainSpec& spec_;
  Complaints complaints_;
  std::set<std::string> targets_, channels_;
};

}  // namespace

Result<> validate(const DomainSpec& spec) { return Validation(spec).run(); }

Result<> validate_name(std::string_view name) {
  const auto refuse = [&](const char* why) {
    std::string shown(name.substr(0, 64));
    std::ranges::replace_if(shown, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return fault(Code::xml_error, "'" + shown + "' cannot be the name of a machine: " + why, ErrorDomain::domain);
  };
  if (name.empty()) return fault(Code::xml_error, "a machine needs a <name>", ErrorDomain::domain);
  if (name.size() > limits::machine_name_max) return refuse("it is longer than 255 bytes");
  if (name.find('/') != std::string_view::npos) return refuse("it has a '/'");
  if (name.starts_with('.')) return refuse("it begins with a dot");
  if (has_control_characters(name)) return refuse("it has control characters");
  if (name.find_first_not_of(' ') == std::string_view::npos) return refuse("it is blank");
  return {};
}

}  // namespace sluice::model
