#include "cli/command.h"

namespace sluice::cli {

void add_destroy(CLI::App& app, Terminal& terminal) {
  add_machine_command(app, terminal, "destroy", "Stop a machine at once, as pulling its plug does",
                      [&terminal](Domain& domain) {
                        domain.destroy();
                        terminal.say("machine '" + domain.name() + "' is stopped");
                      });
}

}  // namespace sluice::cli
