#include <iomanip>
#include <iostream>

#include "cli/command.h"
#include "cli/json.h"

namespace sluice::cli {
namespace {

void print_json(const std::vector<Domain>& domains) {
  std::cout << "[";
  const char* separator = "";
  for (const Domain& domain : domains) {
    std::cout << separator
              << JsonObject()
                     .add("id", domain.id())
                     .add("name", domain.name())
                     .add("uuid", domain.uuid())
                     .add("state", name(domain.state()))
                     .text();
    separator = ",\n ";
  }
  std::cout << "]\n";
}

void print_table(const std::vector<Domain>& domains) {
  std::size_t width = 4;
  for (const Domain& domain : domains) width = std::max(width, domain.name().size());
  const auto column = static_cast<int>(width);
  std::cout << " " << std::left << std::setw(5) << "Id" << std::setw(column + 3) << "Name" << "State\n";
  for (const Domain& domain : domains) {
    const std::string id = domain.id() ? std::to_string(*domain.id()) : "-";
    std::cout << " " << std::setw(5) << id << std::setw(column + 3) << domain.name() << name(domain.state()) << "\n";
  }
}

}  // namespace

void add_list(CLI::App& app, Terminal& terminal) {
  CLI::App* command = app.add_subcommand("list", "List machines: the running ones, or all");
  auto all = std::make_shared<bool>(false);
  auto inactive = std::make_shared<bool>(false);
  command->add_flag("--all", *all, "Also the ones that do not run");
  command->add_flag("--inactive", *inactive, "Only the ones that do not run")->excludes("--all");
  command->callback([&terminal, all, inactive] {
    const auto domains = terminal.connect().domains({.active = !*inactive, .inactive = *all || *inactive});
    if (terminal.json) {
      print_json(domains);
    } else {
      print_table(domains);
    }
  });
}

}  // namespace sluice::cli
