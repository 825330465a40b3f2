#include "model/capabilities.h"

#include <algorithm>

#include <pugixml.hpp>

#include "model/document.h"

namespace sluice::model {
namespace {

void add_text(pugi::xml_node parent, const char* name, std::string_view text) {
  parent.append_child(name).append_child(pugi::node_pcdata).set_value(std::string(text).c_str());
}
void add_attribute(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(std::string(value).c_str());
}

void add_host(pugi::xml_node capabilities, const HostCapabilities& facts) {
  pugi::xml_node host = capabilities.append_child("host");
  if (!facts.uuid.is_nil()) add_text(host, "uuid", facts.uuid.text());
  pugi::xml_node cpu = host.append_child("cpu");
  add_text(cpu, "arch", facts.arch);
  if (!facts.cpu_model.empty()) add_text(cpu, "model", facts.cpu_model);
  if (!facts.cpu_model.empty() && !facts.cpu_vendor.empty()) add_text(cpu, "vendor", facts.cpu_vendor);
  pugi::xml_node topology = cpu.append_child("topology");
  add_attribute(topology, "sockets", std::to_string(facts.sockets));
  add_attribute(topology, "dies", "1");
  add_attribute(topology, "cores", std::to_string(facts.cores));
  add_attribute(topology, "threads", std::to_string(facts.threads));
  host.append_child("power_management");
  pugi::xml_node iommu = host.append_child("iommu");
  add_attribute(iommu, "support", "no");
}

void add_guest(pugi::xml_node capabilities, const HostCapabilities& facts) {
  pugi::xml_node guest = capabilities.append_child("guest");
  add_text(guest, "os_type", "hvm");
  pugi::xml_node arch = guest.append_child("arch");
  add_attribute(arch, "name", facts.arch);
  add_text(arch, "wordsize", facts.arch == "i686" ? "32" : "64");
  if (!facts.emulator.empty()) add_text(arch, "emulator", facts.emulator);
  for (const MachineType& machine : facts.machines) {
    pugi::xml_node element = arch.append_child("machine");
    if (machine.cpus_max > 0) add_attribute(element, "maxCpus", std::to_string(machine.cpus_max));
    element.append_child(pugi::node_pcdata).set_value(machine.name.c_str());
  }
  for (const MachineType& machine : facts.machines) {
    if (machine.alias.empty()) continue;
    pugi::xml_node element = arch.append_child("machine");
    add_attribute(element, "canonical", machine.name);
    if (machine.cpus_max > 0) add_attribute(element, "maxCpus", std::to_string(machine.cpus_max));
    element.append_child(pugi::node_pcdata).set_value(machine.alias.c_str());
  }
  for (const VirtType type : facts.types) add_attribute(arch.append_child("domain"), "type", word(type));
  pugi::xml_node features = guest.append_child("features");
  pugi::xml_node acpi = features.append_child("acpi");
  add_attribute(acpi, "default", "on");
  add_attribute(acpi, "toggle", "yes");
  pugi::xml_node apic = features.append_child("apic");
  add_attribute(apic, "default", "on");
  add_attribute(apic, "toggle", "no");
}

pugi::xml_node add_supported(pugi::xml_node parent, const char* name, bool supported) {
  pugi::xml_node node = parent.append_child(name);
  add_attribute(node, "supported", supported ? "yes" : "no");
  return node;
}

template <class Texts>
void add_enum(pugi::xml_node parent, const char* name, const Texts& values) {
  pugi::xml_node list = parent.append_child("enum");
  add_attribute(list, "name", name);
  for (const std::string_view value : values) {
    if (!value.empty()) add_text(list, "value", value);
  }
}

void add_devices(pugi::xml_node root) {
  using Texts = std::initializer_list<std::string_view>;
  pugi::xml_node devices = root.append_child("devices");
  pugi::xml_node disk = add_supported(devices, "disk", true);
  add_enum(disk, "diskDevice", words<DiskDevice>);
  add_enum(disk, "bus", words<DiskBus>);
  add_enum(disk, "model", Texts{"virtio"});
  pugi::xml_node graphics = add_supported(devices, "graphics", true);
  add_enum(graphics, "type", Texts{"vnc"});
  pugi::xml_node video = add_supported(devices, "video", true);
  add_enum(video, "modelType", words<VideoModel>);
  add_supported(devices, "hostdev", false);
  pugi::xml_node rng = add_supported(devices, "rng", true);
  add_enum(rng, "model", Texts{"virtio"});
  add_enum(rng, "backendModel", Texts{"random", "builtin"});
  add_supported(devices, "filesystem", false);
  add_supported(devices, "tpm", false);
}

const MachineType* machine_of(const HostCapabilities& host, std::string_view wanted) {
  const auto found = std::ranges::find_if(
      host.machines, [&](const MachineType& machine) { return machine.name == wanted || machine.alias == wanted; });
  return found == host.machines.end() ? nullptr : &*found;
}

}  // namespace

std::string print_capabilities(const HostCapabilities& host) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("capabilities");
  add_host(root, host);
  if (!host.types.empty()) add_guest(root, host);
  return print_document(document);
}

Result<std::string> print_domain_capabilities(const HostCapabilities& host, const DomainCapabilitiesQuery& query) {
  const auto refuse = [](const char* what, const std::string& wanted) {
    return fault(Code::invalid_arg, std::string(what) + " '" + wanted + "' is not offered by this host",
                 ErrorDomain::domain);
  };
  if (host.types.empty()) return fault(Code::operation_unsupported, "no machines run on this host");
  if (!query.emulator.empty() && query.emulator != host.emulator) return refuse("emulator", query.emulator);
  if (!query.arch.empty() && query.arch != host.arch) return refuse("architecture", query.arch);
  VirtType type = host.types.front();
  if (!query.type.empty()) {
    const auto wanted = from_word<VirtType>(query.type);
    if (!wanted || std::ranges::find(host.types, *wanted) == host.types.end()) return refuse("type", query.type);
    type = *wanted;
  }
  const MachineType* machine = host.machines.empty() ? nullptr : &host.machines.front();
  if (!query.machine.empty()) {
    machine = machine_of(host, query.machine);
    if (machine == nullptr) return refuse("machine type", query.machine);
  }

  pugi::xml_document document;
  pugi::xml_node root = document.append_child("domainCapabilities");
  if (!host.emulator.empty()) add_text(root, "path", host.emulator);
  add_text(root, "domain", word(type));
  if (machine != nullptr) add_text(root, "machine", machine->name);
  add_text(root, "arch", host.arch);
  if (machine != nullptr && machine->cpus_max > 0) {
    add_attribute(root.append_child("vcpu"), "max", std::to_string(machine->cpus_max));
  }
  pugi::xml_node loader = add_supported(add_supported(root, "os", true), "loader", false);
  static_cast<void>(loader);
  pugi::xml_node cpu = root.append_child("cpu");
  for (const CpuMode mode : {CpuMode::host_passthrough, CpuMode::maximum, CpuMode::host_model, CpuMode::custom}) {
    pugi::xml_node element = cpu.append_child("mode");
    add_attribute(element, "name", word(mode));
    add_attribute(element, "supported", mode == CpuMode::host_passthrough && type != VirtType::kvm ? "no" : "yes");
  }
  add_devices(root);
  pugi::xml_node features = root.append_child("features");
  add_supported(features, "gic", false);
  add_supported(features, "genid", false);
  add_supported(features, "sev", false);
  return print_document(document);
}

}  // namespace sluice::model
