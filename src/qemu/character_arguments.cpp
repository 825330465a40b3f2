#include <algorithm>

#include "qemu/device_arguments.h"

namespace sluice::qemu {
namespace {

using model::CharacterSource;
using model::CharacterType;

void add_character(const Build& build, const std::string& label, const CharacterSource& source,
                   const CharacterSupply& supply) {
  Keyed device("");
  switch (source.type) {
    case CharacterType::pty: device = Keyed("pty"); break;
    case CharacterType::null: device = Keyed("null"); break;
    case CharacterType::file: device = Keyed("file"); break;
    case CharacterType::unix_socket: device = Keyed("socket"); break;
  }
  device.with("id", label);
  if (source.type == CharacterType::unix_socket) {
    device.with("fd", std::to_string(supply.socket));
    if (source.listens) device.with("server", "on").with("wait", "off");
  }
  if (source.type == CharacterType::file) {
    // We opened it, emptied it if it is not appended to, and QEMU must not do so again.
    device.with("path", build.arguments.set({supply.file})).with("append", "on");
  }
  if (supply.log >= 0) device.with("logfile", build.arguments.set({supply.log})).with("logappend", "on");
  build.arguments.add("-chardev", device);
}

// Ports of a virtio-serial bus; number 0 belongs to the first console.
std::string port_bus(const std::optional<model::Address>& address) {
  return "virtio-serial" + std::to_string(address ? address->controller : 0) + ".0";
}
void place_port(json::object& device, const std::optional<model::Address>& address) {
  device["bus"] = port_bus(address);
  if (!address || address->port.empty()) return;
  const bool number = std::ranges::all_of(address->port, [](char c) { return c >= '0' && c <= '9'; });
  if (number && address->port.size() <= 4) device["nr"] = std::stoi(address->port);
}

void add_serials(const Build& build) {
  const std::vector<model::Serial> lines = serial_lines(build.spec);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string label = serial_label(i);
    add_character(build, label, lines[i].source, build.supplies.serials.at(i));
    build.arguments.device({{"driver", "isa-serial"},
                            {"chardev", label},
                            {"id", "serial" + std::to_string(i)},
                            {"index", lines[i].port.value_or(static_cast<std::uint32_t>(i))}},
                           Place::given);
  }
}

Result<> add_consoles(const Build& build) {
  const auto& consoles = build.spec.devices.consoles;
  for (std::size_t i = 0; i < consoles.size(); ++i) {
    if (is_serial_alias(consoles[i])) {
      if (i == 0) continue;
      return fault(Code::config_unsupported,
                   "only the first console may be on a serial line; further ones need the target type 'virtio'");
    }
    const std::string label = console_label(i);
    add_character(build, label, consoles[i].source, build.supplies.consoles.at(i));
    json::object device{{"driver", "virtconsole"}, {"chardev", label}, {"id", "console" + std::to_string(i)}};
    place_port(device, consoles[i].address);
    build.arguments.device(device, Place::given);
  }
  return {};
}

void add_channels(const Build& build) {
  const auto& channels = build.spec.devices.channels;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::string label = channel_label(i);
    add_character(build, label, channels[i].source, build.supplies.channels.at(i));
    json::object device{{"driver", "virtserialport"},
                        {"chardev", label},
                        {"id", "channel" + std::to_string(i)},
                        {"name", channels[i].name}};
    place_port(device, channels[i].address);
    build.arguments.device(device, Place::given);
  }
}

}  // namespace

std::vector<model::Serial> serial_lines(const model::DomainSpec& spec) {
  std::vector<model::Serial> lines = spec.devices.serials;
  const auto& consoles = spec.devices.consoles;
  if (lines.empty() && !consoles.empty() && is_serial_alias(consoles.front())) {
    lines.push_back({.source = consoles.front().source});
  }
  return lines;
}

bool is_serial_alias(const model::Console& console) { return console.target == model::ConsoleTarget::serial; }

std::string serial_label(std::size_t index) { return "charserial" + std::to_string(index); }
std::string console_label(std::size_t index) { return "charconsole" + std::to_string(index); }
std::string channel_label(std::size_t index) { return "charchannel" + std::to_string(index); }

Result<> add_character_devices(const Build& build) {
  add_serials(build);
  if (auto done = add_consoles(build); !done) return done;
  add_channels(build);
  return {};
}

}  // namespace sluice::qemu
