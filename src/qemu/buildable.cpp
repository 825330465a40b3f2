#include "qemu/buildable.h"

#include "io/failure.h"
#include "qemu/command_line.h"
#include "qemu/device_arguments.h"

namespace sluice::qemu {
namespace {

using model::DomainSpec;

Error unsupported(std::string why) {
  return {.code = Code::config_unsupported, .message = std::move(why), .domain = ErrorDomain::qemu};
}

// As many supplies as the definition wants, of no use but for building the command line.
Supplies pretended(const DomainSpec& spec) {
  Supplies supplies;
  supplies.disks.resize(spec.devices.disks.size());
  supplies.taps.resize(spec.devices.interfaces.size(), -1);
  supplies.serials.resize(serial_lines(spec).size());
  supplies.consoles.resize(spec.devices.consoles.size());
  supplies.channels.resize(spec.devices.channels.size());
  return supplies;
}

// What may differ between a machine and its continuation, made equal.
DomainSpec essence(DomainSpec spec) {
  spec.name.clear();
  spec.title.clear();
  spec.description.clear();
  spec.on_poweroff = spec.on_reboot = spec.on_crash = model::OnEvent::destroy;
  spec.current_memory_kib = 0;
  spec.os.kernel.clear();  // read once, by a guest that has long started
  spec.os.initrd.clear();
  spec.os.cmdline.clear();
  model::Devices& devices = spec.devices;
  devices.emulator.clear();
  for (model::Disk& disk : devices.disks) {
    disk.source.clear();
    disk.cache = model::DiskCache::host_default;
    disk.io.clear();
  }
  for (model::Interface& interface : devices.interfaces) {
    interface.type = model::InterfaceType::user;
    interface.target.clear();
    interface.managed = true;
  }
  for (model::Serial& serial : devices.serials) serial.source = {};
  for (model::Console& console : devices.consoles) console.source = {};
  for (model::Channel& channel : devices.channels) channel.source = {};
  devices.graphics.clear();
  return spec;
}

std::string difference(const DomainSpec& a, const DomainSpec& b) {
  if (a.uuid != b.uuid) return "its uuid";
  if (a.memory_kib != b.memory_kib) return "its memory";
  if (a.vcpus != b.vcpus || a.cpu != b.cpu) return "its processors";
  if (a.os.machine != b.os.machine || a.os.arch != b.os.arch) return "its machine type";
  if (a.devices.disks != b.devices.disks) return "its disks";
  if (a.devices.interfaces != b.devices.interfaces) return "its interfaces";
  return "its devices or features";
}

}  // namespace

std::string emulator_of(const Household& household, const DomainSpec& spec) {
  return spec.devices.emulator.empty() ? household.options.emulator : spec.devices.emulator;
}

io::Task<DomainSpec> resolved(Household& household, DomainSpec spec) {
  if (spec.type == model::VirtType::test) io::fail(Code::config_unsupported, "domain type 'test' is not run by QEMU");
  if (spec.type == model::VirtType::kvm && !household.options.kvm) {
    io::fail(Code::config_unsupported, "domain type 'kvm' is not available on this host: use type 'qemu'");
  }
  const bool lasting = spec.os.machine.starts_with("pc-");
  if (!lasting) {
    std::optional<Emulator> emulator;
    try {
      emulator = co_await household.emulators.find(emulator_of(household, spec));
    } catch (const io::Failure& failure) {
      household.around.log.warning("the machine type stays as it was written",
                                   {{"machine", spec.name}, {"reason", failure.error.message}});
    }
    if (emulator) {
      const auto name = emulator->canonical(spec.os.machine.empty() ? "pc" : spec.os.machine);
      if (!name)
        throw io::Failure(unsupported("machine type '" + spec.os.machine + "' is not known to " + emulator->path));
      spec.os.machine = *name;
    } else if (spec.os.machine.empty()) {
      spec.os.machine = "pc";
    }
  }
  static_cast<void>(io::or_throw(command_line(spec, pretended(spec))));
  co_return spec;
}

Result<> same_machine(const DomainSpec& saved, const DomainSpec& wanted) {
  const DomainSpec a = essence(saved), b = essence(wanted);
  if (a == b) return {};
  return std::unexpected(
      unsupported("the saved machine cannot continue with this definition: " + difference(a, b) + " would change"));
}

}  // namespace sluice::qemu
