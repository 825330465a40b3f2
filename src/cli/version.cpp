#include <iostream>

#include "cli/command.h"
#include "cli/json.h"

namespace sluice::cli {

void add_version(CLI::App& app, Terminal& terminal) {
  CLI::App* command = app.add_subcommand("version", "Say the versions of this program, the daemon and the hypervisor");
  command->callback([&terminal] {
    const Version version = terminal.connect().version();
    if (terminal.json) {
      std::cout << JsonObject()
                       .add("library", version.library)
                       .add("daemon", version.daemon)
                       .add("hypervisor", version.hypervisor)
                       .add("sluice", version.sluice)
                       .text()
                << "\n";
      return;
    }
    std::cout << "Library:     " << version.library << "\nDaemon:      " << version.daemon
              << (version.sluice ? " (Sluice)" : " (not a Sluice: machines are saved to its own files only)")
              << "\nHypervisor:  " << version.hypervisor << "\n";
  });
}

}  // namespace sluice::cli
