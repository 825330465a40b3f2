#include "cli/one_machine.h"

namespace sluice::cli {

void add_start(CLI::App& app, const Settings& settings) {
  const auto paused = std::make_shared<bool>(false);
  CLI::App* const command = add_one_machine(app, settings, "start", "Start a defined machine", [paused](Domain& guest) {
    guest.start({.paused = *paused});
    return *paused ? "started and paused" : "started";
  });
  command->add_flag("--paused", *paused, "Leave it paused before its first instruction");
}

}  // namespace sluice::cli
