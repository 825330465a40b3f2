#include "cli/one_machine.h"

namespace sluice::cli {

void add_reboot(CLI::App& app, const Settings& settings) {
  add_one_machine(app, settings, "reboot", "Ask a guest to start again", [](Domain& guest) {
    guest.reboot();
    return "asked to reboot";
  });
}

}  // namespace sluice::cli
