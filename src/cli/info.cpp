#include <iostream>

#include "cli/commands.h"
#include "cli/json.h"

namespace sluice::cli {
namespace {

void print_json(const Domain& guest, const DomainInfo& info, std::optional<int> id) {
  JsonObject object;
  object.add("name", guest.name())
      .add("uuid", guest.uuid())
      .add("id", id)
      .add("state", name(info.state))
      .add("vcpus", info.vcpus)
      .add("memory_kib", info.memory_kib)
      .add("memory_max_kib", info.memory_max_kib)
      .add("cpu_time_ns", info.cpu_time_ns)
      .add("persistent", guest.persistent())
      .add("autostart", guest.autostart());
  std::cout << object.text() << std::endl;
}

void print_lines(const Domain& guest, const DomainInfo& info, std::optional<int> id) {
  const auto yes = [](bool is) { return is ? "yes" : "no"; };
  const std::uint64_t tenths = info.cpu_time_ns / 100'000'000;
  std::cout << "Name:        " << guest.name() << "\n"
            << "UUID:        " << guest.uuid() << "\n"
            << "Id:          " << (id ? std::to_string(*id) : "-") << "\n"
            << "State:       " << name(info.state) << "\n"
            << "CPUs:        " << info.vcpus << "\n"
            << "Memory:      " << info.memory_kib << " KiB of " << info.memory_max_kib << " KiB\n"
            << "CPU time:    " << tenths / 10 << "." << tenths % 10 << " s\n"
            << "Persistent:  " << yes(guest.persistent()) << "\n"
            << "Autostart:   " << yes(guest.autostart()) << std::endl;
}

}  // namespace

void add_info(CLI::App& app, const Settings& settings) {
  CLI::App* const command = app.add_subcommand("info", "Tell about a machine");
  const auto machine = std::make_shared<std::string>();
  command->add_option("machine", *machine, "Name, uuid or id of the machine")->required()->type_name("MACHINE");
  command->callback([&settings, machine] {
    const Host host = settings.connect();
    const Domain guest = find_machine(host, *machine);
    if (settings.json) {
      print_json(guest, guest.info(), guest.id());
    } else {
      print_lines(guest, guest.info(), guest.id());
    }
  });
}

}  // namespace sluice::cli
