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

}  // namespace sluice::qemu
