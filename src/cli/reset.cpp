#include "cli/command.h"

namespace sluice::cli {

void add_reset(CLI::App& app, Terminal& terminal) {
  add_machine_command(app, terminal, "reset", "Start a machine again at once, as its reset button does",
                      [&terminal](Domain& domain) {
                        domain.reset();
                        terminal.say("machine '" + domain.name() + "' was reset");
                      });
}

}  // namespace sluice::cli
