#include "cli/command.h"

namespace sluice::cli {

void add_pause(CLI::App& app, Terminal& terminal) {
  add_machine_command(app, terminal, "pause", "Stop a machine's processors", [&terminal](Domain& domain) {
    domain.pause();
    terminal.say("machine '" + domain.name() + "' is paused");
  });
}

}  // namespace sluice::cli
