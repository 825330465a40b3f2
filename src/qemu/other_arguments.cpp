// Screens, inputs, random numbers and the balloon.
#include <algorithm>

#include "qemu/device_arguments.h"

namespace sluice::qemu {
namespace {

// Ports below 5900 have no VNC display number.
constexpr std::int32_t vnc_first_port = 5900;

Result<> add_vnc(const Build& build, const model::Graphics& graphics, std::size_t index) {
  const bool ipv6 = graphics.listen.find(':') != std::string::npos;
  std::string where = ipv6 ? "[" + graphics.listen + "]:" : graphics.listen + ":";
  if (graphics.port >= 0 && graphics.port < vnc_first_port) {
    return fault(Code::config_unsupported, "vnc port " + std::to_string(graphics.port) + " is below 5900");
  }
  where += graphics.port < 0 ? "0" : std::to_string(graphics.port - vnc_first_port);
  Keyed vnc(where);
  vnc.with("id", "vnc" + std::to_string(index));
  if (graphics.port < 0) vnc.with("to", "1000");  // QEMU takes the first free one and tells which
  if (!graphics.password.empty()) vnc.with("password", "on");
  build.arguments.add("-vnc", vnc);
  if (!graphics.keymap.empty()) build.arguments.add("-k", graphics.keymap);
  return {};
}

Result<> add_video(const Build& build, const model::Video& video, std::size_t index) {
  json::object device{{"driver", ""}, {"id", "video" + std::to_string(index)}};
  const bool primary = index == 0;
  switch (video.model) {
    case model::VideoModel::none: return {};
    case model::VideoModel::vga: device["driver"] = primary ? "VGA" : "secondary-vga"; break;
    case model::VideoModel::virtio: device["driver"] = primary ? "virtio-vga" : "virtio-gpu-pci"; break;
    case model::VideoModel::bochs: device["driver"] = "bochs-display"; break;
    case model::VideoModel::cirrus:
      if (!primary) return fault(Code::config_unsupported, "video model 'cirrus' can only be the first");
      device["driver"] = "cirrus-vga";
      break;
  }
  const bool sized = video.model == model::VideoModel::vga || video.model == model::VideoModel::cirrus;
  if (video.vram_kib && sized) device["vgamem_mb"] = std::max<std::uint32_t>(1, *video.vram_kib / 1024);
  const Place place = place_on_pci(build, device, video.address);
  build.arguments.device(device, place);
  return {};
}

}  // namespace

Result<> add_graphics(const Build& build) {
  const model::Devices& devices = build.spec.devices;
  if (devices.graphics.empty()) build.arguments.add("-display", "none");
  for (std::size_t i = 0; i < devices.graphics.size(); ++i) {
    if (auto done = add_vnc(build, devices.graphics[i], i); !done) return done;
  }
  for (std::size_t i = 0; i < devices.videos.size(); ++i) {
    if (auto done = add_video(build, devices.videos[i], i); !done) return done;
  }
  return {};
}

Result<> add_inputs(const Build& build) {
  const auto& inputs = build.spec.devices.inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const model::Input& input = inputs[i];
    if (input.bus == model::InputBus::ps2) continue;  // part of the board
    const bool usb = input.bus == model::InputBus::usb;
    std::string driver = usb ? "usb-" : "virtio-";
    switch (input.type) {
      case model::InputType::tablet: driver += "tablet"; break;
      case model::InputType::mouse: driver += "mouse"; break;
      case model::InputType::keyboard: driver += usb ? "kbd" : "keyboard"; break;
    }
    if (!usb) driver += "-pci";
    json::object device{{"driver", driver}, {"id", "input" + std::to_string(i)}};
    Place place = Place::any;
    if (usb) {
      const std::uint32_t bus = input.address ? input.address->bus : 0;
      device["bus"] = (bus == 0 ? "usb" : "usb" + std::to_string(bus)) + ".0";
      if (input.address && !input.address->port.empty()) device["port"] = input.address->port;
    } else {
      place = place_on_pci(build, device, input.address);
    }
    build.arguments.device(device, place);
  }
  return {};
}

Result<> add_rngs(const Build& build) {
  const auto& rngs = build.spec.devices.rngs;
  for (std::size_t i = 0; i < rngs.size(); ++i) {
    const std::string number = std::to_string(i);
    json::object backend{{"qom-type", "rng-builtin"}, {"id", "objrng" + number}};
    if (!rngs[i].device.empty()) {
      backend["qom-type"] = "rng-random";
      backend["filename"] = rngs[i].device;
    }
    build.arguments.add("-object", backend);
    json::object device{{"driver", "virtio-rng-pci"}, {"rng", "objrng" + number}, {"id", "rng" + number}};
    if (rngs[i].rate_bytes) {
      device["max-bytes"] = *rngs[i].rate_bytes;
      device["period"] = rngs[i].rate_period_ms.value_or(1000);
    }
    const Place place = place_on_pci(build, device, rngs[i].address);
    build.arguments.device(device, place);
  }
  return {};
}

Result<> add_balloon(const Build& build) {
  const auto& balloon = build.spec.devices.balloon;
  // Unless refused: without one the guest's memory could never be given back.
  if (balloon && balloon->model == model::Balloon::none) return {};
  json::object device{{"driver", "virtio-balloon-pci"}, {"id", "balloon0"}};
  const Place place = place_on_pci(build, device, balloon ? balloon->address : std::nullopt);
  build.arguments.device(device, place);
  return {};
}

}  // namespace sluice::qemu
