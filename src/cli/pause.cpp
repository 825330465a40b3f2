#include "cli/one_machine.h"

namespace sluice::cli {

void add_pause(CLI::App& app, const Settings& settings) {
  add_one_machine(app, settings, "pause", "Stop a running machine where it is", [](Domain& guest) {
    guest.pause();
    return "paused";
  });
}

}  // namespace sluice::cli
