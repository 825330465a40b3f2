// Serial lines, consoles, channels and the screen: what a person or an agent talks to the guest through.
#include <algorithm>

#include "model/describe.h"

namespace sluice::model {
namespace {

bool is_live_only(const CharacterSource& source) { return source.type == CharacterType::pty; }

// type='' of the device, <source/> and <log/>.
void describe_source(Form& device, CharacterSource& spec) {
  device.word("type", spec.type);
  Form source = device.child("source");
  if (is_live_only(spec)) {
    // The path of a pty is known while the machine runs and means nothing afterwards.
    if (!device.is_reading() && source.present()) device.node().remove_child(source.node());
  } else if (spec.type == CharacterType::unix_socket) {
    source.text("path", spec.path);
    std::string mode = spec.listens ? "bind" : "connect";
    if (device.is_reading()) mode = spec.path.empty() ? "bind" : "connect";
    source.choice("mode", mode, {"bind", "connect"});
    spec.listens = mode == "bind";
  } else if (spec.type == CharacterType::file) {
    source.text("path", spec.path);
    source.flag("append", spec.append, "on", "off");
  }
  Form log = device.child("log");
  log.text("file", spec.log_file);
  if (device.is_reading() || !spec.log_file.empty()) log.flag("append", spec.log_append, "on", "off");
  if (!device.is_reading()) device.node().remove_attribute("tty");
}

}  // namespace

void describe_serial(Form serial, Serial& spec) {
  describe_source(serial, spec.source);
  Form target = serial.child("target");
  must_be(target, "type", "isa-serial");
  target.number("port", spec.port, {.most = 3});
  describe_address(serial, spec.address);
}

void describe_console(Form console, Console& spec) {
  describe_source(console, spec.source);
  console.child("target").word("type", spec.target);
  describe_address(console, spec.address);
}

void describe_channel(Form channel, Channel& spec) {
  must_be(channel, "type", "unix", "the host's end of a channel is a socket");
  spec.source.type = CharacterType::unix_socket;
  describe_source(channel, spec.source);
  Form target = channel.child("target");
  must_be(target, "type", "virtio");
  target.text("name", spec.name);
  describe_address(channel, spec.address);
}

void describe_graphics(Form graphics, Graphics& spec) {
  must_be(graphics, "type", "vnc");
  bool automatic = spec.port < 0;
  if (graphics.is_reading()) {
    const std::string said = graphics.node().attribute("port").value();
    automatic = said.empty() || said == "-1";
    graphics.flag("autoport", automatic);
    std::optional<std::uint32_t> port;
    if (!automatic) graphics.number("port", port, {.least = 5900, .most = 65535});
    spec.port = port ? static_cast<std::int32_t>(*port) : -1;
    if (std::ranges::distance(graphics.node().children("listen")) > 1) {
      graphics.complaints().unsupported("more than one <listen> of <graphics>");
    }
  } else {
    std::string said = std::to_string(spec.port);
    graphics.text("port", said);
    graphics.flag("autoport", automatic, "yes", "no", Spell::always);
  }

  Form listen = graphics.child("listen");
  std::string attribute = graphics.node().attribute("listen").value();
  if (graphics.is_reading()) {
    must_be(listen, "type", "address");
    std::string address = attribute;
    listen.text("address", address);
    if (!address.empty()) spec.listen = address;
  } else {
    must_be(listen, "type", "address");
    listen.text("address", spec.listen);
    graphics.text("listen", spec.listen);
  }
  graphics.text("passwd", spec.password);
  graphics.text("keymap", spec.keymap);
}

}  // namespace sluice::model
