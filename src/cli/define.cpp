#include "cli/command.h"
#include "cli/input_text.h"

namespace sluice::cli {

void add_define(CLI::App& app, Terminal& terminal) {
  CLI::App* command =
      app.add_subcommand("define", "Define a machine, or change its definition, from libvirt domain XML");
  auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "XML file; - is standard input")->required();
  command->callback([&terminal, file] {
    const std::string xml = read_text(*file);
    const Domain domain = terminal.connect().define(xml);
    terminal.say("machine '" + domain.name() + "' is defined");
  });
}

}  // namespace sluice::cli
