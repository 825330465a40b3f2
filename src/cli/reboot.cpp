#include "cli/command.h"

namespace sluice::cli {

void add_reboot(CLI::App& app, Terminal& terminal) {
  add_machine_command(app, terminal, "reboot", "Ask the guest to start again", [&terminal](Domain& domain) {
    domain.reboot();
    terminal.say("machine '" + domain.name() + "' was asked to start again");
  });
}

}  // namespace sluice::cli
