#include <iostream>
#include <vector>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"

namespace sluice::cli {
namespace {

// A machine may be gone by the time it is asked about.
template <class Print>
void for_each_that_is_there(const std::vector<Domain>& machines, Print print) {
  for (const Domain& machine : machines) {
    try {
      print(machine, machine.id(), machine.state());
    } catch (const Failure& failure) {
      if (failure.code() != Code::no_domain) throw;
    }
  }
}

void print_json(const std::vector<Domain>& machines) {
  std::string out;
  for_each_that_is_there(machines, [&](const Domain& machine, std::optional<int> id, DomainState state) {
    JsonObject object;
    object.add("name", machine.name()).add("uuid", machine.uuid()).add("id", id).add("state", name(state));
    out += (out.empty() ? "" : ",\n ") + object.text();
  });
  std::cout << "[" << out << "]" << std::endl;
}

void print_table(const std::vector<Domain>& machines) {
  Table table{{"Id", "Name", "State"}};
  for_each_that_is_there(machines, [&](const Domain& machine, std::optional<int> id, DomainState state) {
    table.push_back({id ? std::to_string(*id) : "-", machine.name(), std::string(name(state))});
  });
  print(std::cout, table);
}

}  // namespace

void add_list(CLI::App& app, const Settings& settings) {
  CLI::App* const command = app.add_subcommand("list", "List machines");
  const auto active = std::make_shared<bool>(false), inactive = std::make_shared<bool>(false);
  auto* const only_active = command->add_flag("--active", *active, "Only those that run or are paused");
  command->add_flag("--inactive", *inactive, "Only those that do not run")->excludes(only_active);
  command->callback([&settings, active, inactive] {
    const Host host = settings.connect();
    const auto machines = host.domains({.active = !*inactive, .inactive = !*active});
    if (settings.json) {
      print_json(machines);
    } else {
      print_table(machines);
    }
  });
}

}  // namespace sluice::cli
