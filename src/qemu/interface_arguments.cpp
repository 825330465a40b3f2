#include <array>

#include "qemu/device_arguments.h"

namespace sluice::qemu {
namespace {

struct Known {
  std::string_view model, driver;
};
constexpr std::array drivers{
    Known{"virtio", "virtio-net-pci"}, Known{"e1000", "e1000"}, Known{"e1000e", "e1000e"},  Known{"rtl8139", "rtl8139"},
    Known{"ne2k_pci", "ne2k_pci"},     Known{"pcnet", "pcnet"}, Known{"vmxnet3", "vmxnet3"}};

Result<> add_interface(const Build& build, std::size_t index, std::optional<std::uint32_t> boot) {
  const model::Interface& interface = build.spec.devices.interfaces[index];
  const std::string number = std::to_string(index);
  const std::string network = "hostnet" + number;
  json::object host{{"type", "user"}, {"id", network}};
  if (interface.type == model::InterfaceType::ethernet) {
    host["type"] = "tap";
    host["fd"] = std::to_string(build.supplies.taps.at(index));  // opened by us: QEMU may not make interfaces
  }
  build.arguments.add("-netdev", host);

  // rtl8139 is what libvirt's users get when they say nothing.
  const std::string wanted = interface.model.empty() ? "rtl8139" : interface.model;
  const auto* const known = std::ranges::find(drivers, wanted, &Known::model);
  if (known == drivers.end()) {
    return fault(Code::config_unsupported, "interface model '" + wanted + "' is not supported");
  }
  json::object device{{"driver", known->driver}, {"netdev", network}, {"id", "net" + number}, {"mac", interface.mac}};
  if (interface.mtu && known->model == "virtio") device["host_mtu"] = *interface.mtu;
  if (boot) device["bootindex"] = *boot;
  const Place place = place_on_pci(build, device, interface.address);
  build.arguments.device(device, place);
  return {};
}

}  // namespace

Result<> add_interfaces(const Build& build, const BootOrder& order) {
  for (std::size_t i = 0; i < build.spec.devices.interfaces.size(); ++i) {
    const auto found = order.interfaces.find(i);
    const auto boot = found == order.interfaces.end() ? std::nullopt : std::optional(found->second);
    if (auto done = add_interface(build, i, boot); !done) return done;
  }
  return {};
}

}  // namespace sluice::qemu
