#include "cli/commands.h"
#include "cli/outcome.h"

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
    JsonObject object;
    object.add("name", guest.name()).add("uuid", guest.uuid());
    print_xml(settings, object, guest.xml(*options));
  });
}

}  // namespace sluice::cli
