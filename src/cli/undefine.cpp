#include "cli/command.h"

namespace sluice::cli {

void add_undefine(CLI::App& app, Terminal& terminal) {
  add_machine_command(app, terminal, "undefine", "Forget a machine's definition", [&terminal](Domain& domain) {
    domain.undefine();
    terminal.say("machine '" + domain.name() + "' is no longer defined");
  });
}

}  // namespace sluice::cli
