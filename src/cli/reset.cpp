#include "cli/one_machine.h"

namespace sluice::cli {

void add_reset(CLI::App& app, const Settings& settings) {
  add_one_machine(app, settings, "reset", "Reset a machine, as its button does", [](Domain& guest) {
    guest.reset();
    return "reset";
  });
}

}  // namespace sluice::cli
