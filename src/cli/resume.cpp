#include "cli/one_machine.h"

namespace sluice::cli {

void add_resume(CLI::App& app, const Settings& settings) {
  add_one_machine(app, settings, "resume", "Let a paused machine go on", [](Domain& guest) {
    guest.resume();
    return "resumed";
  });
}

}  // namespace sluice::cli
