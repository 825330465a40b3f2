#pragma once
// Commands that do one thing with one machine: `sluice start web1`.

#include <functional>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/outcome.h"

namespace sluice::cli {

// Adds `name MACHINE`; `act` gets the machine and returns what was done with it, in a word or two.
inline CLI::App* add_one_machine(CLI::App& app, const Settings& settings, const std::string& name,
                                 const std::string& about, std::function<std::string(Domain&)> act) {
  CLI::App* const command = app.add_subcommand(name, about);
  const auto machine = std::make_shared<std::string>();
  command->add_option("machine", *machine, "Name, uuid or id of the machine")->required()->type_name("MACHINE");
  command->callback([&settings, machine, act = std::move(act)] {
    const Host host = settings.connect();
    Domain guest = find_machine(host, *machine);
    const std::string done = act(guest);
    print_done(settings, guest, done);
  });
  return command;
}

}  // namespace sluice::cli
