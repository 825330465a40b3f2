#include "cli/command.h"

namespace sluice::cli {

void add_shutdown(CLI::App& app, Terminal& terminal) {
  add_machine_command(app, terminal, "shutdown", "Ask the guest to shut down", [&terminal](Domain& domain) {
    domain.shutdown();
    terminal.say("machine '" + domain.name() + "' was asked to shut down");
  });
}

}  // namespace sluice::cli
