#include "cli/one_machine.h"

namespace sluice::cli {

void add_shutdown(CLI::App& app, const Settings& settings) {
  add_one_machine(app, settings, "shutdown", "Ask a guest to end", [](Domain& guest) {
    guest.shutdown();
    return "asked to shut down";
  });
}

}  // namespace sluice::cli
