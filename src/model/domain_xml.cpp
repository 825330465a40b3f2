#include "model/domain_xml.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "model/describe.h"
#include "model/document.h"
#include "model/refusals.h"
#include "model/validate.h"

namespace sluice::model {
namespace {

// A second <os> or <devices> would be neither read nor refused.
void refuse_repetition(pugi::xml_node domain, Complaints& complaints) {
  static constexpr auto once =
      std::to_array<const char*>({"name", "uuid", "title", "description", "memory", "currentMemory", "vcpu", "os",
                                  "features", "cpu", "clock", "on_poweroff", "on_reboot", "on_crash", "pm", "devices"});
  for (const char* name : once) {
    if (domain.child(name).next_sibling(name)) complaints.wrong("<" + std::string(name) + "> is there twice");
  }
}

// What libvirt adds to a definition by itself and its clients rely on: a serial line is also a console and a console is
// a serial line; a screen needs something to draw on.
void add_what_is_implied(DomainSpec& spec) {
  Devices& devices = spec.devices;
  if (spec.current_memory_kib == 0 || spec.current_memory_kib > spec.memory_kib) {
    spec.current_memory_kib = spec.memory_kib;
  }
  const bool serial_console = !devices.consoles.empty() && devices.consoles.front().target == ConsoleTarget::serial;
  if (serial_console && devices.serials.empty()) {
    devices.serials.push_back({.source = devices.consoles.front().source});
  } else if (devices.consoles.empty() && !devices.serials.empty()) {
    devices.consoles.push_back({.source = devices.serials.front().source});
  } else if (serial_console) {
    devices.consoles.front().source = devices.serials.front().source;
  }
  if (!devices.graphics.empty() && devices.videos.empty()) devices.videos.emplace_back();
}

void set(pugi::xml_node node, const char* attribute, const std::string& value) {
  pugi::xml_attribute there = node.attribute(attribute);
  if (there.empty()) there = node.append_attribute(attribute);
  there.set_value(value.c_str());
}

pugi::xml_node child(pugi::xml_node node, const char* name) {
  const pugi::xml_node there = node.child(name);
  return there ? there : node.append_child(name);
}

// Names that an earlier run gave to devices are forgotten, those of the owner ("ua-...") stay.
void forget_the_last_run(pugi::xml_node domain) {
  domain.remove_attribute("id");
  for (pugi::xml_node device : domain.child("devices").children()) {
    const pugi::xml_node alias = device.child("alias");
    if (alias && !std::string_view(alias.attribute("name").value()).starts_with("ua-")) device.remove_child(alias);
  }
}

void add_character_facts(pugi::xml_node devices, const char* name, const std::vector<std::string>& ptys) {
  std::size_t index = 0;
  for (pugi::xml_node device : devices.children(name)) {
    const std::string pty = index < ptys.size() ? ptys[index] : std::string{};
    if (!pty.empty()) {
      set(child(device, "source"), "path", pty);
      if (std::string_view(name) == "console") set(device, "tty", pty);
    }
    if (!device.child("alias")) set(child(device, "alias"), "name", name + std::to_string(index));
    ++index;
  }
}

void add_live_facts(pugi::xml_node domain, const DomainSpec& spec, const LiveFacts& live) {
  set(domain, "id", std::to_string(live.id));
  pugi::xml_node devices = domain.child("devices");
  add_character_facts(devices, "serial", live.serial_ptys);
  std::vector<std::string> consoles = live.console_ptys;
  const auto& first = spec.devices.consoles;
  if (!first.empty() && first.front().target == ConsoleTarget::serial && !live.serial_ptys.empty()) {
    consoles.resize(std::max<std::size_t>(consoles.size(), 1));
    consoles.front() = live.serial_ptys.front();
  }
  add_character_facts(devices, "console", consoles);
  if (!first.empty() && first.front().target == ConsoleTarget::serial) {
    pugi::xml_node alias = devices.child("console").child("alias");
    const auto serial = devices.child("serial").child("alias").attribute("name");
    if (!std::string_view(serial.value()).empty()) set(alias, "name", serial.value());
  }
  std::size_t index = 0;
  for (pugi::xml_node graphics : devices.children("graphics")) {
    if (index < live.vnc_ports.size()) set(graphics, "port", std::to_string(live.vnc_ports[index]));
    ++index;
  }
  index = 0;
  for (pugi::xml_node interface : devices.children("interface")) {
    if (index < live.tap_devices.size() && !live.tap_devices[index].empty()) {
      set(child(interface, "target"), "dev", live.tap_devices[index]);
    }
    ++index;
  }
}

}  // namespace

Result<DomainSpec> parse_domain(std::string_view xml) {
  auto document = load_document(xml);
  if (!document) return std::unexpected(document.error());
  const pugi::xml_node root = (*document)->document_element();
  Complaints complaints;
  if (std::string_view(root.name()) != "domain") {
    complaints.wrong("<" + std::string(root.name()).substr(0, 64) + "> is not a <domain>");
    return std::unexpected(*complaints.first());
  }
  refuse_repetition(root, complaints);
  DomainSpec spec;
  Form form = Form::reading(root, complaints);
  describe_domain(form, spec);
  refuse_what_cannot_be_honoured(root, complaints);
  if (complaints.first()) return std::unexpected(*complaints.first());
  add_what_is_implied(spec);
  if (auto sound = validate(spec); !sound) return std::unexpected(sound.error());
  spec.kept.text = xml;
  // Escapes and added facts may make it longer; what is stored must be readable again.
  if (print_domain(spec, {.secure = true}).size() > limits::xml_max) {
    complaints.wrong("the definition is too long when it is written out");
    return std::unexpected(*complaints.first());
  }
  return spec;
}

std::string print_domain(const DomainSpec& spec, const PrintOptions& options) {
  std::unique_ptr<pugi::xml_document> document;
  if (auto kept = load_document(spec.kept.text)) {
    document = std::move(*kept);
  } else {
    document = std::make_unique<pugi::xml_document>();  // a spec that was made by hand
    document->append_child("domain");
  }
  pugi::xml_node root = document->document_element();
  forget_the_last_run(root);
  DomainSpec facts = spec;
  Form form = Form::writing(root);
  describe_domain(form, facts);
  if (!options.secure) {
    for (pugi::xml_node graphics : root.child("devices").children("graphics")) graphics.remove_attribute("passwd");
  }
  if (options.live) add_live_facts(root, spec, *options.live);
  return print_document(*document);
}

}  // namespace sluice::model
