#include <algorithm>
#include <limits>

#include "base/limits.h"
#include "model/describe.h"

namespace sluice::model {
namespace {

// How many bytes a unit of <memory> has; 0: there is no such unit. Capitals do not matter.
std::uint64_t bytes_of_unit(std::string unit) {
  std::ranges::transform(unit, unit.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  static constexpr Unit units[] = {{"b", 1},
                                   {"byte", 1},
                                   {"bytes", 1},
                                   {"kb", 1000},
                                   {"k", 1024},
                                   {"kib", 1024},
                                   {"mb", 1'000'000},
                                   {"m", 1ULL << 20},
                                   {"mib", 1ULL << 20},
                                   {"gb", 1'000'000'000},
                                   {"g", 1ULL << 30},
                                   {"gib", 1ULL << 30},
                                   {"tb", 1'000'000'000'000},
                                   {"t", 1ULL << 40},
                                   {"tib", 1ULL << 40}};
  const auto found = std::ranges::find(units, std::string_view(unit), &Unit::name);
  return found == std::end(units) ? 0 : found->bytes;
}

// Kept in KiB whatever the unit was; a part of a KiB counts as a whole one, so that no guest gets less than it asked.
void describe_memory(Form& domain, const char* name, std::uint64_t& kib) {
  Form memory = domain.child(name);
  std::string unit = "KiB";
  std::string amount = std::to_string(kib);
  if (!domain.is_reading()) {
    if (kib == 0) return;
    memory.content(amount);
    memory.text("unit", unit);
    return;
  }
  if (!memory.present()) return;
  memory.text("unit", unit);
  memory.content(amount);
  const std::uint64_t unit_bytes = bytes_of_unit(unit);
  if (unit_bytes == 0) return domain.complaints().wrong(std::string(name) + " unit '" + unit + "' is not known");
  const auto number = amount.starts_with("0x") ? std::nullopt : parse_number(amount);
  if (!number) return domain.complaints().wrong(std::string(name) + " '" + amount + "' is not a number");
  if (*number > limits::memory_kib_max * 1024 / unit_bytes) {
    return domain.complaints().wrong(std::string(name) + " " + amount + " " + unit + " is more than " +
                                     std::to_string(limits::memory_kib_max >> 20) + " GiB");
  }
  kib = (*number * unit_bytes + 1023) / 1024;
}

void describe_vcpus(Form& domain, std::uint32_t& vcpus) {
  Form vcpu = domain.child("vcpu");
  std::string amount = std::to_string(vcpus);
  vcpu.content(amount);
  if (!domain.is_reading()) return;
  const auto number = parse_number(amount);
  if (!number || *number < 1 || *number > limits::vcpus_max) {
    return domain.complaints().wrong("vcpu '" + amount + "' is not a number from 1 to " +
                                     std::to_string(limits::vcpus_max));
  }
  vcpus = static_cast<std::uint32_t>(*number);
  std::uint32_t current = vcpus;
  vcpu.number("current", current);
  if (current != vcpus) {
    domain.complaints().unsupported("vcpu current '" + std::to_string(current) +
                                    "' is not supported: all vcpus are there from the start");
  }
}

void describe_uuid(Form& domain, Uuid& uuid) {
  std::string text = uuid.is_nil() ? std::string{} : uuid.text();
  if (domain.is_reading()) {
    domain.content_of("uuid", text);
    if (text.empty()) return;
    auto parsed = Uuid::parse(text);
    if (!parsed) return domain.complaints().wrong(parsed.error().message);
    if (parsed->is_nil()) return domain.complaints().wrong("the uuid is all zero");
    uuid = *parsed;
    return;
  }
  Form element = domain.child("uuid");
  // Left alone if it says the same in another form (capitals, no hyphens).
  const auto there = Uuid::parse(text_of(element.node(), true));
  if (!there || *there != uuid) domain.content_of("uuid", text);
}

void describe_boot(Form boot, BootDevice& device) { boot.word("dev", device); }

void describe_os(Form os, Os& spec) {
  Form type = os.child("type");
  std::string kind = "hvm";
  type.content(kind);
  if (os.is_reading() && kind != "hvm") {
    os.complaints().unsupported("os type '" + kind + "' is not supported: only 'hvm' is");
  }
  type.text("arch", spec.arch);
  type.text("machine", spec.machine);
  os.content_of("kernel", spec.kernel);
  os.content_of("initrd", spec.initrd);
  os.content_of("cmdline", spec.cmdline);
  os.list("boot", spec.boot, describe_boot);
  os.child("bootmenu").flag("enable", spec.boot_menu);
}

void describe_event(Form& domain, const char* name, OnEvent& event) {
  std::string text(word(event));
  domain.content_of(name, text);
  if (!domain.is_reading()) return;
  if (const auto known = from_word<OnEvent>(text)) {
    event = *known;
  } else {
    domain.complaints().unsupported(std::string(name) + " '" + text + "' is not supported: possible are " +
                                    all_words<OnEvent>());
  }
}

}  // namespace

void must_be(Form& form, const char* attribute, std::string_view only, std::string_view because) {
  std::string value(only);
  form.choice(attribute, value, {only},
              because.empty() ? "only '" + std::string(only) + "' is"
                              : "only '" + std::string(only) + "' is; " + std::string(because));
}

void describe_domain(Form& domain, DomainSpec& spec) {
  if (domain.is_reading() && domain.node().attribute("type").empty())
    domain.complaints().wrong("the domain has no type");
  domain.word("type", spec.type);
  domain.content_of("name", spec.name, /*trimmed=*/false);
  describe_uuid(domain, spec.uuid);
  domain.content_of("title", spec.title, /*trimmed=*/false);
  domain.content_of("description", spec.description, /*trimmed=*/false);
  describe_memory(domain, "memory", spec.memory_kib);
  describe_memory(domain, "currentMemory", spec.current_memory_kib);
  describe_vcpus(domain, spec.vcpus);
  describe_os(domain.child("os"), spec.os);
  describe_features(domain.child("features"), spec.features);
  describe_cpu(domain.child("cpu"), spec.cpu);
  describe_clock(domain.child("clock"), spec.clock);
  describe_event(domain, "on_poweroff", spec.on_poweroff);
  describe_event(domain, "on_reboot", spec.on_reboot);
  describe_event(domain, "on_crash", spec.on_crash);
  Form power = domain.child("pm");
  power.child("suspend-to-mem").flag("enabled", spec.suspend_to_mem);
  power.child("suspend-to-disk").flag("enabled", spec.suspend_to_disk);
  describe_devices(domain.child("devices"), spec.devices);
}

}  // namespace sluice::model
