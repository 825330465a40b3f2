#pragma once
// The parts of the command line, one function per kind of device. Each adds its words or says what cannot be built.

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "qemu/arguments.h"
#include "qemu/command_line.h"

namespace sluice::qemu {

enum class Chipset : std::uint8_t { i440fx, q35 };
Result<Chipset> chipset_of(std::string_view machine);

// What the parts know of the whole.
struct Build {
  const model::DomainSpec& spec;
  const Supplies& supplies;
  Chipset chipset;
  Arguments& arguments;
};

// Says where on a PCI bus the device sits, if the definition does.
Place place_on_pci(const Build& build, json::object& device, const std::optional<model::Address>& address);

// The firmware's order: 1 is tried first. From the devices' own numbers, else from <boot dev=.../>.
struct BootOrder {
  std::map<std::size_t, std::uint32_t> disks, interfaces;  // by index
};
BootOrder boot_order(const model::DomainSpec& spec);

Result<> add_controllers(const Build& build);
Result<> add_disks(const Build& build, const BootOrder& order);
Result<> add_interfaces(const Build& build, const BootOrder& order);
Result<> add_character_devices(const Build& build);
Result<> add_graphics(const Build& build);
Result<> add_inputs(const Build& build);
Result<> add_rngs(const Build& build);
Result<> add_balloon(const Build& build);

}  // namespace sluice::qemu
