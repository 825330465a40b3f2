// Devices but for the lines that carry characters, which are in describe_characters.cpp.
#include <algorithm>
#include <iterator>
#include <map>

#include "model/describe.h"

namespace sluice::model {
namespace {

void describe_controller(Form controller, Controller& spec) {
  controller.word("type", spec.type);
  controller.number("index", spec.index, {.most = 255});
  switch (spec.type) {
    case ControllerType::pci:
      controller.choice("model", spec.model,
                        {"pci-root", "pcie-root", "pcie-root-port", "pci-bridge", "pcie-to-pci-bridge"});
      break;
    case ControllerType::ide: controller.choice("model", spec.model, {"piix3", "piix4", "ich6"}); break;
    case ControllerType::scsi: controller.choice("model", spec.model, {"virtio-scsi", "lsilogic", "auto"}); break;
    case ControllerType::usb:
      controller.choice("model", spec.model,
                        {"none", "qemu-xhci", "nec-xhci", "piix3-uhci", "piix4-uhci", "ehci", "ich9-ehci1",
                         "ich9-uhci1", "ich9-uhci2", "ich9-uhci3"});
      break;
    case ControllerType::sata: controller.choice("model", spec.model, {"ahci"}); break;
    case ControllerType::virtio_serial: controller.choice("model", spec.model, {"virtio"}); break;
  }
  controller.number("ports", spec.ports, {.least = 1, .most = 255});
  Form target = controller.child("target");
  target.number("chassis", spec.chassis, {.most = 255});
  target.number("port", spec.port, {.most = 255, .hexadecimal = true});
  describe_address(controller, spec.address);
}

// Controllers without an index are counted, each type by itself, as libvirt does.
void count_controllers(Form& devices, std::vector<Controller>& controllers) {
  std::map<ControllerType, std::uint32_t> next;
  std::size_t i = 0;
  for (const pugi::xml_node each : devices.node().children("controller")) {
    Controller& controller = controllers[i++];
    std::uint32_t& free = next[controller.type];
    if (each.attribute("index").empty()) controller.index = free;
    free = std::max(free, controller.index + 1);
  }
}

void describe_video(Form video, Video& spec) {
  Form video_model = video.child("model");
  video_model.word("type", spec.model);
  video_model.number("vram", spec.vram_kib, {.least = 1, .most = 1U << 20});
  describe_address(video, spec.address);
}

void describe_rng(Form rng, Rng& spec) {
  must_be(rng, "model", "virtio");
  Form backend = rng.child("backend");
  std::string kind = spec.device.empty() ? "builtin" : "random";
  backend.choice("model", kind, {"random", "builtin"});
  if (rng.is_reading() && kind == "builtin") spec.device.clear();
  if (kind == "random") {
    backend.content(spec.device);
    if (rng.is_reading() && spec.device.empty()) spec.device = "/dev/urandom";
    if (rng.is_reading() && spec.device != "/dev/urandom" && spec.device != "/dev/random" &&
        spec.device != "/dev/hwrng") {
      rng.complaints().unsupported("rng backend '" + spec.device +
                                   "' is not supported: possible are /dev/urandom, /dev/random, /dev/hwrng");
    }
  }
  Form rate = rng.child("rate");
  rate.number("bytes", spec.rate_bytes, {.least = 1});
  rate.number("period", spec.rate_period_ms, {.least = 1});
  describe_address(rng, spec.address);
}

void describe_input(Form input, Input& spec) {
  input.word("type", spec.type);
  // Without a bus a tablet is on USB and the others are those of every PC.
  if (input.is_reading() && spec.type != InputType::tablet) spec.bus = InputBus::ps2;
  input.word("bus", spec.bus);
  if (input.is_reading() && spec.type == InputType::tablet && spec.bus == InputBus::ps2) {
    input.complaints().unsupported("input bus 'ps2' is not supported for a tablet: possible are usb, virtio");
  }
  describe_address(input, spec.address);
}

void describe_balloon(Form balloon, MemoryBalloon& spec) {
  balloon.word("model", spec.model);
  describe_address(balloon, spec.address);
}

}  // namespace

void describe_address(Form device, std::optional<Address>& spec) {
  // An address that only names its type leaves the place to the host.
  if (device.is_reading()) {
    const pugi::xml_node address = device.node().child("address");
    if (std::string_view(address.attribute("type").value()) == "pci" && address.attribute("slot").empty()) return;
  }
  device.optional("address", spec, [](Form form, Address& address) {
    form.word("type", address.type);
    switch (address.type) {
      case AddressType::pci:
        form.number("domain", address.domain, {.most = 0xffff, .hexadecimal = true});
        form.number("bus", address.bus, {.most = 0xff, .hexadecimal = true});
        form.number("slot", address.slot, {.most = 0x1f, .hexadecimal = true});
        form.number("function", address.function, {.most = 7, .hexadecimal = true});
        form.flag("multifunction", address.multifunction, "on", "off");
        break;
      case AddressType::drive:
        form.number("controller", address.controller, {.most = 255});
        form.number("bus", address.bus, {.most = 255});
        form.number("target", address.target, {.most = 255});
        form.number("unit", address.unit, {.most = 255});
        break;
      case AddressType::virtio_serial:
        form.number("controller", address.controller, {.most = 255});
        form.number("bus", address.bus, {.most = 255});
        form.text("port", address.port);
        break;
      case AddressType::usb:
        form.number("bus", address.bus, {.most = 255});
        form.text("port", address.port);
        break;
      case AddressType::isa:
        form.number("iobase", address.iobase, {.most = 0xffff, .hexadecimal = true});
        form.number("irq", address.irq, {.most = 15, .hexadecimal = true});
        break;
    }
    const bool dotted = std::ranges::all_of(address.port, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
    if (form.is_reading() && (!dotted || address.port.size() > 16)) {
      form.complaints().wrong(form.where() + " port '" + address.port + "' is not a port");
    }
  });
}

void describe_boot_order(Form device, std::optional<std::uint32_t>& order) {
  device.child("boot").number("order", order, {.least = 1, .most = 255});
}

void describe_disk(Form disk, Disk& spec) {
  must_be(disk, "type", "file", "disks are files of this host");
  disk.word("device", spec.device);
  Form driver = disk.child("driver");
  must_be(driver, "name", "qemu");
  driver.word("type", spec.format);
  driver.word("cache", spec.cache, Spell::unless_absence_means_it);
  driver.choice("io", spec.io, {"threads", "native", "io_uring"});
  driver.choice("discard", spec.discard, {"unmap", "ignore"});
  driver.choice("error_policy", spec.error_policy, {"stop", "report", "ignore", "enospace"});
  disk.child("source").text("file", spec.source);
  Form target = disk.child("target");
  target.text("dev", spec.target);
  if (disk.is_reading()) {
    // The names are libvirt's: a disk called hda is on IDE unless it says otherwise.
    if (spec.target.starts_with("hd")) spec.bus = DiskBus::ide;
    if (spec.target.starts_with("sd")) spec.bus = DiskBus::scsi;
  }
  target.word("bus", spec.bus);
  if (disk.is_reading()) spec.read_only = spec.device == DiskDevice::cdrom;
  disk.presence("readonly", spec.read_only);
  disk.content_of("serial", spec.serial);
  describe_boot_order(disk, spec.boot_order);
  describe_address(disk, spec.address);
}

void describe_interface(Form interface, Interface& spec) {
  interface.word("type", spec.type, Spell::always,
                 "possible are user (NAT by QEMU itself) and ethernet (a tap device of this host)");
  interface.child("mac").text("address", spec.mac);
  std::ranges::transform(spec.mac, spec.mac.begin(),
                         [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  Form target = interface.child("target");
  target.text("dev", spec.target);
  if (interface.is_reading()) {
    std::optional<bool> managed;
    target.flag("managed", managed);
    spec.managed = managed.value_or(true);
    // Of two only the first would be understood, and the other become the first when that is printed without its name.
    const auto targets = interface.node().children("target");
    if (std::distance(targets.begin(), targets.end()) > 1) {
      interface.complaints().unsupported("more than one <target> of an interface");
    }
    // Names beginning like this were given by the daemon of a running machine; the next start gives another. QEMU's own
    // NAT has no device on the host that a name could belong to.
    const bool given = spec.target.starts_with("vnet") && spec.managed;
    if (given || spec.type == InterfaceType::user) spec.target.clear();
  } else {
    std::optional<bool> managed;
    if (!spec.managed) managed = false;
    target.flag("managed", managed);
  }
  if (spec.model.empty()) spec.model = "rtl8139";  // what libvirt means when a definition does not say
  interface.child("model").choice("type", spec.model,
                                  {"virtio", "e1000", "e1000e", "rtl8139", "ne2k_pci", "pcnet", "vmxnet3"});
  std::optional<bool> link;
  if (!spec.link_up) link = false;
  interface.child("link").flag("state", link, "up", "down");
  if (interface.is_reading()) spec.link_up = link.value_or(true);
  interface.child("mtu").number("size", spec.mtu, {.least = 68, .most = 65535});
  describe_boot_order(interface, spec.boot_order);
  describe_address(interface, spec.address);
}

void describe_devices(Form devices, Devices& spec) {
  devices.content_of("emulator", spec.emulator);
  devices.list("disk", spec.disks, describe_disk);
  devices.list("controller", spec.controllers, describe_controller);
  if (devices.is_reading()) count_controllers(devices, spec.controllers);
  devices.list("interface", spec.interfaces, describe_interface);
  devices.list("serial", spec.serials, describe_serial);
  devices.list("console", spec.consoles, describe_console);
  devices.list("channel", spec.channels, describe_channel);
  devices.list("input", spec.inputs, describe_input);
  devices.list("graphics", spec.graphics, describe_graphics);
  devices.list("video", spec.videos, describe_video);
  devices.list("rng", spec.rngs, describe_rng);
  devices.optional("memballoon", spec.balloon, describe_balloon);
}

}  // namespace sluice::model
