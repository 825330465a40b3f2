#include "cli/commands.h"
#include "cli/outcome.h"
#include "cli/text_file.h"

namespace sluice::cli {

void add_define(CLI::App& app, const Settings& settings) {
  CLI::App* const command = app.add_subcommand("define", "Define a machine, or change its definition");
  const auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "Libvirt's domain XML; - is standard input")->required()->type_name("FILE");
  command->callback([&settings, file] {
    const std::string xml = read_text(*file);
    print_done(settings, settings.connect().define(xml), "defined");
  });
}

}  // namespace sluice::cli
