#include "cli/one_machine.h"

namespace sluice::cli {

void add_destroy(CLI::App& app, const Settings& settings) {
  add_one_machine(app, settings, "destroy", "End a machine at once, as pulling its plug does", [](Domain& guest) {
    guest.destroy();
    return "destroyed";
  });
}

}  // namespace sluice::cli
