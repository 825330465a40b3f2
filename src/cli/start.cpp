#include "cli/command.h"

namespace sluice::cli {

void add_start(CLI::App& app, Terminal& terminal) {
  auto options = std::make_shared<StartOptions>();
  CLI::App* command =
      add_machine_command(app, terminal, "start", "Start a defined machine", [&terminal, options](Domain& domain) {
        domain.start(*options);
        terminal.say("machine '" + domain.name() + "' is started");
      });
  command->add_flag("--paused", options->paused, "Leave its processors stopped");
}

}  // namespace sluice::cli
