// What the guest's processor, clock and firmware tables look like.
#include <algorithm>
#include <array>

#include "model/describe.h"

namespace sluice::model {
namespace {

void describe_topology(Form topology, Topology& spec) {
  constexpr Bounds counted{.least = 1, .most = 255};
  topology.number("sockets", spec.sockets, counted);
  if (topology.is_reading() || spec.dies != 1 || topology.node().attribute("dies")) {
    topology.number("dies", spec.dies, counted);
  }
  topology.number("cores", spec.cores, counted);
  topology.number("threads", spec.threads, counted);
}

// A policy other than on or off lets the host decide; what it decides is no promise, so it is kept and not a fact.
void describe_cpu_features(Form& cpu, std::vector<CpuFeature>& features) {
  const auto is_on = [](std::string_view policy) { return policy.empty() || policy == "require" || policy == "force"; };
  const auto is_off = [](std::string_view policy) { return policy == "disable" || policy == "forbid"; };
  if (!cpu.is_reading()) {
    std::vector<std::string_view> said;
    for (const pugi::xml_node each : cpu.node().children("feature")) said.emplace_back(each.attribute("name").value());
    for (const CpuFeature& feature : features) {
      if (std::ranges::find(said, feature.name) != said.end()) continue;
      pugi::xml_node added = cpu.ensure_node().append_child("feature");
      added.append_attribute("policy").set_value(feature.on ? "require" : "disable");
      added.append_attribute("name").set_value(feature.name.c_str());
    }
    return;
  }
  for (const pugi::xml_node each : cpu.node().children("feature")) {
    const std::string_view policy = each.attribute("policy").value();
    const std::string feature = each.attribute("name").value();
    if (std::ranges::find(features, feature, &CpuFeature::name) != features.end()) {
      cpu.complaints().wrong("cpu feature '" + feature + "' is there twice");
    }
    if (is_on(policy) || is_off(policy)) {
      features.push_back({.name = feature, .on = is_on(policy)});
    } else if (policy != "optional") {
      cpu.complaints().wrong("cpu feature '" + feature + "' has the policy '" + std::string(policy) +
                             "', which is not known");
    }
  }
}

void describe_timer(Form timer, Clock& spec) {
  std::string timer_name;
  timer.text("name", timer_name);
  const auto unsupported = [&](const char* attribute) {
    if (const auto there = timer.node().attribute(attribute)) {
      timer.complaints().unsupported("timer '" + timer_name + "' with " + attribute + " '" + there.value() +
                                     "' is not supported");
    }
  };
  const std::string_view policy = timer.node().attribute("tickpolicy").value();
  std::optional<bool> present;
  timer.flag("present", present);
  if (timer_name == "rtc") {
    if (policy == "catchup") {
      spec.rtc_catchup = true;
    } else if (policy != "delay") {
      unsupported("tickpolicy");
    }
    if (present == false) unsupported("present");
    unsupported("track");
  } else if (timer_name == "pit") {
    if (policy == "delay") {
      spec.pit_delay = true;
    } else {
      unsupported("tickpolicy");
    }
    if (present == false) unsupported("present");
  } else if (timer_name == "hpet") {
    spec.hpet = present.value_or(true);
    unsupported("tickpolicy");
  } else if (timer_name == "kvmclock") {
    if (present == false) unsupported("present");
  } else {
    timer.complaints().unsupported("timer '" + timer_name +
                                   "' is not supported: possible are rtc, pit, hpet, kvmclock");
  }
}

pugi::xml_node timer_named(Form& clock, const char* name) {
  pugi::xml_node timer = clock.ensure_node().find_child_by_attribute("timer", "name", name);
  if (timer.empty()) {
    timer = clock.ensure_node().append_child("timer");
    timer.append_attribute("name").set_value(name);
  }
  return timer;
}

void set(pugi::xml_node node, const char* attribute, const char* value) {
  pugi::xml_attribute there = node.attribute(attribute);
  if (there.empty()) there = node.append_attribute(attribute);
  there.set_value(value);
}

}  // namespace

void describe_cpu(Form cpu, Cpu& spec) {
  cpu.word("mode", spec.mode);
  Form cpu_model = cpu.child("model");
  std::string model_name = spec.model;
  if (cpu.is_reading() || spec.mode == CpuMode::custom) cpu_model.content(model_name);
  if (cpu.is_reading()) {
    // libvirt's <cpu><model>x</model></cpu> means custom; a model beside host-model is a note of what it became.
    if (spec.mode == CpuMode::host_default && !model_name.empty()) spec.mode = CpuMode::custom;
    if (spec.mode == CpuMode::custom) spec.model = model_name;
    if (spec.mode == CpuMode::custom && model_name.empty()) cpu.complaints().wrong("cpu mode 'custom' needs a model");
  }
  describe_cpu_features(cpu, spec.features);
  cpu.optional("topology", spec.topology, describe_topology);
}

void describe_clock(Form clock, Clock& spec) {
  clock.word("offset", spec.offset, Spell::always);
  if (clock.is_reading()) {
    for (const pugi::xml_node each : clock.node().children("timer")) {
      describe_timer(Form::reading(each, clock.complaints()), spec);
    }
    return;
  }
  if (spec.rtc_catchup) set(timer_named(clock, "rtc"), "tickpolicy", "catchup");
  if (spec.pit_delay) set(timer_named(clock, "pit"), "tickpolicy", "delay");
  if (spec.hpet) set(timer_named(clock, "hpet"), "present", *spec.hpet ? "yes" : "no");
}

void describe_features(Form features, Features& spec) {
  if (features.is_reading()) {
    // Every feature is seen by the guest, so one that is not known here cannot be left out.
    static constexpr auto known = std::to_array<std::string_view>({"acpi", "apic", "pae", "vmport"});
    for (const pugi::xml_node each : features.node().children()) {
      if (each.type() == pugi::node_element && std::ranges::find(known, std::string_view(each.name())) == known.end()) {
        features.complaints().unsupported("feature '" + std::string(each.name()) +
                                          "' is not supported: possible are acpi, apic, pae, vmport");
      }
    }
  }
  features.presence("acpi", spec.acpi);
  features.presence("apic", spec.apic);
  features.presence("pae", spec.pae);
  features.child("vmport").flag("state", spec.vmport, "on", "off");
}

}  // namespace sluice::model
