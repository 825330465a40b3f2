#include <iostream>

#include "cli/commands.h"
#include "cli/json.h"

namespace sluice::cli {

void add_xml(CLI::App& app, const Settings& settings) {
  CLI::App* const command = app.add_subcommand("xml", "Print a machine's definition");
  const auto machine = std::make_shared<std::string>();
  const auto options = std::make_shared<XmlOptions>();
  command->add_option("machine", *machine, "Name, uuid or id of the machine")->required()->type_name("MACHINE");
  command->add_flag("--inactive", options->inactive, "What its next start will use");
  command->add_flag("--secure", options->secure, "With passwords");
  command->callback([&settings, machine, options] {
    const Host host = settings.connect();
    const Domain guest = find_machine(host, *machine);
    std::string xml = guest.xml(*options);
    if (settings.json) {
      JsonObject object;
      object.add("name", guest.name()).add("uuid", guest.uuid()).add("xml", xml);
      std::cout << object.text() << std::endl;
      return;
    }
    if (!xml.ends_with('\n')) xml += '\n';
    std::cout << xml << std::flush;
  });
}

}  // namespace sluice::cli
