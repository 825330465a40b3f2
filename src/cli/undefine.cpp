#include "cli/one_machine.h"

namespace sluice::cli {

void add_undefine(CLI::App& app, const Settings& settings) {
  add_one_machine(app, settings, "undefine", "Forget a machine's definition; a running one goes on until it ends",
                  [](Domain& guest) {
                    guest.undefine();
                    return "undefined";
                  });
}

}  // namespace sluice::cli
