#include "cli/command.h"

namespace sluice::cli {

void add_resume(CLI::App& app, Terminal& terminal) {
  add_machine_command(app, terminal, "resume", "Let a paused machine go on", [&terminal](Domain& domain) {
    domain.resume();
    terminal.say("machine '" + domain.name() + "' goes on");
  });
}

}  // namespace sluice::cli
