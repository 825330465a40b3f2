#include "cli/command.h"

#include <unistd.h>

#include <iostream>

#include "cli/machine_name.h"

namespace sluice::cli {

Host Terminal::connect() const {
  std::string target = uri;
  if (target.empty()) target = ::geteuid() == 0 ? "qemu:///system" : "qemu:///session";
  return Host::connect(target);
}

void Terminal::say(const std::string& sentence) const {
  if (!json) std::cout << sentence << std::endl;
}

CLI::App* add_machine_command(CLI::App& app, Terminal& terminal, const std::string& name,
                              const std::string& description, std::function<void(Domain&)> run) {
  CLI::App* command = app.add_subcommand(name, description);
  auto machine = std::make_shared<std::string>();
  command->add_option("machine", *machine, "Name, uuid or id of the machine")->required();
  command->callback([&terminal, machine, run = std::move(run)] {
    Domain domain = find_machine(terminal.connect(), *machine);
    run(domain);
  });
  return command;
}

}  // namespace sluice::cli
