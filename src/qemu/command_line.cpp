#include "qemu/command_line.h"

#include <algorithm>

#include "qemu/device_arguments.h"

namespace sluice::qemu {
namespace {

using model::DomainSpec;

std::string_view on_off(bool on) { return on ? "on" : "off"; }

void add_identity(const Build& build) {
  Arguments& arguments = build.arguments;
  arguments.add("-name", Keyed("").with("guest", build.spec.name).with("debug-threads", "on"));
  arguments.add("-uuid", build.spec.uuid.text());
  arguments.add("-S");
  arguments.add("-no-user-config");
  arguments.add("-nodefaults");
  arguments.add("-no-shutdown");
  if (build.spec.on_reboot == model::OnEvent::destroy) arguments.add("-no-reboot");
  // Started in the foreground, because spawn=deny kills a QEMU that forks itself into the background.
  arguments.add("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
  arguments.add("-msg", "timestamp=on");
}

void add_monitor(const Build& build) {
  Keyed monitor("socket");
  monitor.with("id", "charmonitor").with("fd", std::to_string(build.supplies.monitor));
  build.arguments.add("-chardev", monitor.with("server", "on").with("wait", "off"));
  build.arguments.add("-mon", "chardev=charmonitor,id=monitor,mode=control");
}

void add_board(const Build& build) {
  const DomainSpec& spec = build.spec;
  Keyed machine(spec.os.machine);
  machine.with("usb", "off").with("dump-guest-core", "off").with("memory-backend", "pc.ram");
  machine.with("acpi", on_off(spec.features.acpi));
  if (spec.features.vmport) machine.with("vmport", on_off(*spec.features.vmport));
  if (spec.clock.hpet) machine.with("hpet", on_off(*spec.clock.hpet));
  build.arguments.add("-machine", machine);
  build.arguments.add("-accel", spec.type == model::VirtType::kvm ? "kvm" : "tcg");

  const std::uint64_t bytes = spec.memory_kib * 1024;
  build.arguments.add("-object", json::object{{"qom-type", "memory-backend-ram"}, {"id", "pc.ram"}, {"size", bytes}});
  build.arguments.add("-m", "size=" + std::to_string(spec.memory_kib) + "k");
  build.arguments.add("-overcommit", "mem-lock=off");

  Keyed smp(std::to_string(spec.vcpus));
  if (const auto& topology = spec.cpu.topology) {
    smp.with("sockets", std::to_string(topology->sockets)).with("dies", std::to_string(topology->dies));
    smp.with("cores", std::to_string(topology->cores)).with("threads", std::to_string(topology->threads));
  } else {
    smp.with("sockets", std::to_string(spec.vcpus)).with("cores", "1").with("threads", "1");
  }
  build.arguments.add("-smp", smp);
}

Result<> add_cpu(const Build& build) {
  const DomainSpec& spec = build.spec;
  const bool kvm = spec.type == model::VirtType::kvm;
  std::string name;
  switch (spec.cpu.mode) {
    case model::CpuMode::host_default:
      if (spec.cpu.features.empty()) return {};
      name = "qemu64";
      break;
    case model::CpuMode::custom: name = spec.cpu.model.empty() ? "qemu64" : spec.cpu.model; break;
    case model::CpuMode::host_model: name = kvm ? "host" : "max"; break;
    case model::CpuMode::host_passthrough:
      if (!kvm) return fault(Code::config_unsupported, "cpu mode 'host-passthrough' needs a domain of type 'kvm'");
      name = "host";
      break;
    case model::CpuMode::maximum: name = "max"; break;
  }
  Keyed cpu(name);
  for (const model::CpuFeature& feature : spec.cpu.features) cpu.with(feature.name, on_off(feature.on));
  build.arguments.add("-cpu", cpu);
  return {};
}

void add_clock(const Build& build) {
  const DomainSpec& spec = build.spec;
  Keyed rtc("");
  rtc.with("base", spec.clock.offset == model::ClockOffset::utc ? "utc" : "localtime");
  if (spec.clock.rtc_catchup) rtc.with("driftfix", "slew");
  build.arguments.add("-rtc", rtc);
  if (spec.clock.pit_delay && spec.type == model::VirtType::kvm) {
    build.arguments.add("-global", "kvm-pit.lost_tick_policy=delay");
  }
  const std::string power = build.chipset == Chipset::q35 ? "ICH9-LPC." : "PIIX4_PM.";
  if (spec.suspend_to_mem)
    build.arguments.add("-global", power + (*spec.suspend_to_mem ? "disable_s3=0" : "disable_s3=1"));
  if (spec.suspend_to_disk) {
    build.arguments.add("-global", power + (*spec.suspend_to_disk ? "disable_s4=0" : "disable_s4=1"));
  }
}

void add_boot(const Build& build) {
  const model::Os& os = build.spec.os;
  build.arguments.add("-boot", os.boot_menu ? "menu=on,strict=on" : "strict=on");
  if (build.supplies.kernel.empty()) return;
  build.arguments.add("-kernel", build.supplies.kernel);
  if (!build.supplies.initrd.empty()) build.arguments.add("-initrd", build.supplies.initrd);
  if (!os.cmdline.empty()) build.arguments.add("-append", os.cmdline);
}

}  // namespace

Result<Chipset> chipset_of(std::string_view machine) {
  if (machine.starts_with("pc-i440fx-") || machine == "pc") return Chipset::i440fx;
  if (machine.starts_with("pc-q35-") || machine == "q35") return Chipset::q35;
  return fault(Code::config_unsupported,
               "machine type '" + std::string(machine) + "' is not supported: pc and q35 of any version are");
}

Place place_on_pci(const Build& build, json::object& device, const std::optional<model::Address>& address) {
  if (!address || address->type != model::AddressType::pci) return Place::any;
  const bool root = address->bus == 0;
  const std::string bus = root && build.chipset == Chipset::q35 ? "pcie.0" : "pci." + std::to_string(address->bus);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string slot = "0x";
  if (address->slot >= 16) slot += digits[address->slot / 16 % 16];
  slot += digits[address->slot % 16];
  if (address->function != 0) slot += std::string(".0x") + digits[address->function % 8];
  device["bus"] = bus;
  if (address->multifunction) device["multifunction"] = true;
  device["addr"] = slot;
  return Place::given;
}

Result<std::vector<std::string>> command_line(const DomainSpec& spec, const Supplies& supplies) {
  if (!spec.os.arch.empty() && spec.os.arch != "x86_64") {
    return fault(Code::config_unsupported, "architecture '" + spec.os.arch + "' is not supported: x86_64 is");
  }
  const auto chipset = chipset_of(spec.os.machine);
  if (!chipset) return std::unexpected(chipset.error());
  Arguments arguments;
  const Build build{spec, supplies, *chipset, arguments};

  add_identity(build);
  add_monitor(build);
  add_board(build);
  if (auto done = add_cpu(build); !done) return std::unexpected(done.error());
  add_clock(build);
  add_boot(build);
  const BootOrder order = boot_order(spec);
  const auto parts = {add_controllers(build),
                      add_disks(build, order),
                      add_interfaces(build, order),
                      add_character_devices(build),
                      add_graphics(build),
                      add_inputs(build),
                      add_rngs(build),
                      add_balloon(build)};
  for (const Result<>& part : parts) {
    if (!part) return std::unexpected(part.error());
  }
  if (supplies.incoming) arguments.add("-incoming", "defer");
  return std::move(arguments).words();
}

}  // namespace sluice::qemu
