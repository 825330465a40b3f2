// sluice: the command. It is built on the public API alone.

#include <csignal>
#include <iostream>
#include <stdexcept>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/outcome.h"
#include "cli/procedures.h"

namespace sluice::cli {
namespace {

void add_settings(CLI::App& app, Settings& settings) {
  app.add_option("-c,--connect", settings.uri, "Daemon to talk to; else $SLUICE_URI, else the system's or user's own")
      ->type_name("URI");
  app.add_flag("-r,--readonly", settings.read_only, "Ask only for what changes nothing");
  app.add_flag("--json", settings.json, "Print data as JSON");
  app.add_option("--progress", settings.progress, "Of transfers, on standard error: auto, none, json or json:FD")
      ->type_name("HOW");
  app.set_version_flag("-V,--version", "sluice " + library_version());
}

void add_commands(CLI::App& app, const Settings& settings) {
  for (const auto add :
       {add_list,   add_define,  add_undefine, add_start, add_shutdown, add_reboot, add_reset,   add_destroy,
        add_pause,  add_resume,  add_info,     add_xml,   add_console,  add_save,   add_restore, add_pool,
        add_volume, add_streams, add_cancel,   add_limit, add_weight,   add_pki,    add_relay,   add_version}) {
    add(app, settings);
  }
}

int run(int argc, char** argv, Settings& settings) {
  CLI::App app("Virtual machine hosts, with every bulk transfer as a stream", "sluice");
  app.fallthrough();  // settings may stand behind the command, too
  app.require_subcommand(0, 1);
  add_settings(app, settings);
  bool procedures = false;
  app.add_flag("--list-procedures", procedures, "Print what a daemon can be asked, and end");
  add_commands(app, settings);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return static_cast<int>(code == 0 ? Exit::done : Exit::usage);
  }
  if (procedures) {
    list_procedures(std::cout, settings.json);
  } else if (app.get_subcommands().empty()) {
    std::cerr << app.help();
    return static_cast<int>(Exit::usage);
  }
  return static_cast<int>(Exit::done);
}

}  // namespace
}  // namespace sluice::cli

int main(int argc, char** argv) {
  using namespace sluice::cli;
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error like others
  Interrupt interrupt;
  Settings settings{.interrupt = &interrupt};
  try {
    const int code = run(argc, argv, settings);
    std::cout.flush();
    if (code == 0 && !std::cout) throw std::runtime_error("cannot write to standard output");
    return code;
  } catch (...) {
    return static_cast<int>(explain(std::current_exception(), settings));
  }
}
