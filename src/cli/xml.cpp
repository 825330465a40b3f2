#include <iostream>

#include "cli/command.h"

namespace sluice::cli {

void add_xml(CLI::App& app, Terminal& terminal) {
  auto options = std::make_shared<XmlOptions>();
  CLI::App* command = add_machine_command(app, terminal, "xml", "Print a machine's definition",
                                          [options](Domain& domain) { std::cout << domain.xml(*options); });
  command->add_flag("--secure", options->secure, "With passwords");
  command->add_flag("--inactive", options->inactive, "What the next start will use");
}

}  // namespace sluice::cli
