#include <iostream>

#include "cli/commands.h"
#include "cli/json.h"

namespace sluice::cli {

void add_version(CLI::App& app, const Settings& settings) {
  CLI::App* const command = app.add_subcommand("version", "Tell the versions of library, daemon and hypervisor");
  command->callback([&settings] {
    const Version version = settings.connect().version();
    if (settings.json) {
      JsonObject object;
      object.add("library", version.library)
          .add("daemon", version.daemon)
          .add("hypervisor", version.hypervisor)
          .add("sluice", version.sluice);
      std::cout << object.text() << std::endl;
      return;
    }
    std::cout << "Library:     libsluice " << version.library << "\n"
              << "Daemon:      " << (version.sluice ? "sluiced " : "no Sluice; library version ") << version.daemon
              << "\n"
              << "Hypervisor:  " << version.hypervisor << std::endl;
  });
}

}  // namespace sluice::cli
