#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "qemu/device_arguments.h"

namespace sluice::qemu {
namespace {

using model::Controller;
using model::ControllerType;

std::unexpected<Error> unknown_model(const Controller& controller) {
  return fault(Code::config_unsupported, "controller model '" + controller.model + "' of type '" +
                                             std::string(model::word(controller.type)) + "' is not supported");
}

Result<> add_pci(const Build& build, const Controller& controller) {
  if (controller.index == 0 || controller.model == "pci-root" || controller.model == "pcie-root")
    return {};  // the board
  const std::string id = "pci." + std::to_string(controller.index);
  json::object device{{"driver", ""}, {"id", id}};
  if (controller.model == "pcie-root-port") {
    device["driver"] = "pcie-root-port";
    // A port number of its own for each, or the guest takes two for one.
    device["port"] = controller.port.value_or(controller.index);
    device["chassis"] = controller.chassis.value_or(controller.index);
  } else if (controller.model == "pci-bridge") {
    device["driver"] = "pci-bridge";
    device["chassis_nr"] = controller.chassis.value_or(controller.index);
  } else if (controller.model == "pcie-to-pci-bridge") {
    device["driver"] = "pcie-pci-bridge";
  } else if (controller.model == "dmi-to-pci-bridge") {
    device["driver"] = "i82801b11-bridge";
  } else {
    return unknown_model(controller);
  }
  place_on_pci(build, device, controller.address);
  build.arguments.device(device, Place::first);
  return {};
}

Result<> add_usb(const Build& build, const Controller& controller) {
  struct Known {
    std::string_view model, driver;
  };
  static constexpr std::array known{Known{"", "qemu-xhci"},
                                    Known{"qemu-xhci", "qemu-xhci"},
                                    Known{"nec-xhci", "nec-usb-xhci"},
                                    Known{"ehci", "usb-ehci"},
                                    Known{"ich9-ehci1", "ich9-usb-ehci1"},
                                    Known{"piix3-uhci", "piix3-usb-uhci"},
                                    Known{"piix4-uhci", "piix4-usb-uhci"},
                                    Known{"pci-ohci", "pci-ohci"}};
  if (controller.model == "none") return {};
  json::object device{{"driver", ""}, {"id", controller.index == 0 ? "usb" : "usb" + std::to_string(controller.index)}};
  if (controller.model.starts_with("ich9-uhci") && controller.model.size() == 10) {
    // Companions share the bus of their ehci; each serves two of its six ports.
    const int number = controller.model.back() - '0';
    if (number < 1 || number > 3) return unknown_model(controller);
    device["driver"] = "ich9-usb-uhci" + std::to_string(number);
    device["id"] = "usb-companion" + std::to_string(number);
    device["masterbus"] = "usb.0";
    device["firstport"] = (number - 1) * 2;
    place_on_pci(build, device, controller.address);
    build.arguments.device(device, Place::given);  // after the ehci, which is among the first
    return {};
  }
  const auto found = std::ranges::find(known, controller.model, &Known::model);
  if (found == known.end()) return unknown_model(controller);
  device["driver"] = found->driver;
  if (controller.ports && found->driver.ends_with("xhci")) {
    device["p2"] = *controller.ports;
    device["p3"] = *controller.ports;
  }
  place_on_pci(build, device, controller.address);
  build.arguments.device(device, Place::first);
  return {};
}

Result<> add_controller(const Build& build, const Controller& controller) {
  const std::string number = std::to_string(controller.index);
  json::object device{{"driver", ""}, {"id", ""}};
  switch (controller.type) {
    case ControllerType::pci: return add_pci(build, controller);
    case ControllerType::usb: return add_usb(build, controller);
    case ControllerType::ide:
      if (controller.index == 0 && build.chipset == Chipset::i440fx) return {};  // part of the board
      return fault(Code::config_unsupported,
                   "ide controller " + number + " is not supported: only the one of the board");
    case ControllerType::sata:
      if (controller.index == 0 && build.chipset == Chipset::q35) return {};
      device["driver"] = "ich9-ahci";
      device["id"] = "sata" + number;
      break;
    case ControllerType::scsi:
      if (!controller.model.empty() && controller.model != "virtio-scsi") return unknown_model(controller);
      device["driver"] = "virtio-scsi-pci";
      device["id"] = "scsi" + number;
      break;
    case ControllerType::virtio_serial:
      device["driver"] = "virtio-serial-pci";
      device["id"] = "virtio-serial" + number;
      if (controller.ports) device["max_ports"] = *controller.ports;
      break;
  }
  place_on_pci(build, device, controller.address);
  build.arguments.device(device, Place::first);
  return {};
}

using Key = std::pair<ControllerType, std::uint32_t>;

// Which controllers the devices sit on, whether or not the definition lists them.
std::set<Key> needed(const model::Devices& devices) {
  std::set<Key> keys;
  for (const model::Disk& disk : devices.disks) {
    const std::uint32_t number = disk.address ? disk.address->controller : 0;
    if (disk.bus == model::DiskBus::sata) keys.emplace(ControllerType::sata, number);
    if (disk.bus == model::DiskBus::scsi) keys.emplace(ControllerType::scsi, number);
  }
  const auto port = [&keys](const std::optional<model::Address>& address) {
    keys.emplace(ControllerType::virtio_serial, address ? address->controller : 0);
  };
  for (const model::Channel& channel : devices.channels) port(channel.address);
  for (const model::Console& console : devices.consoles) {
    if (console.target == model::ConsoleTarget::virtio) port(console.address);
  }
  for (const model::Input& input : devices.inputs) {
    if (input.bus == model::InputBus::usb) keys.emplace(ControllerType::usb, input.address ? input.address->bus : 0);
  }
  return keys;
}

// A controller that only has the right to exist if nobody needs usb.
bool says_no_usb(const model::Devices& devices) {
  return std::ranges::any_of(devices.controllers,
                             [](const Controller& c) { return c.type == ControllerType::usb && c.model == "none"; });
}

}  // namespace

Result<> add_controllers(const Build& build) {
  const model::Devices& devices = build.spec.devices;
  std::set<Key> missing = needed(devices);
  if (says_no_usb(devices) && missing.contains({ControllerType::usb, 0})) {
    return fault(Code::config_unsupported, "an input device is on bus usb, but the usb controller's model is 'none'");
  }
  std::vector<Controller> wanted = devices.controllers;
  for (const Controller& controller : wanted) missing.erase({controller.type, controller.index});
  for (const auto& [type, index] : missing) wanted.push_back({.type = type, .index = index});

  // Buses before what sits on them, then those with a place: the others take what is free.
  std::map<std::uint32_t, Controller> buses;
  std::vector<Controller> placed, free;
  for (Controller& controller : wanted) {
    if (controller.type == ControllerType::pci) {
      buses.insert_or_assign(controller.index, std::move(controller));
    } else {
      (controller.address ? placed : free).push_back(std::move(controller));
    }
  }
  for (const auto& [index, bus] : buses) {
    if (auto done = add_controller(build, bus); !done) return done;
  }
  for (const std::vector<Controller>* group : {&placed, &free}) {
    for (const Controller& controller : *group) {
      if (auto done = add_controller(build, controller); !done) return done;
    }
  }
  return {};
}

}  // namespace sluice::qemu
