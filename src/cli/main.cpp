// sluice: the command. Builds the parser out of the commands, and turns what they throw into sentences and exit codes.

#include <cstdlib>
#include <iostream>

#include "cli/command.h"
#include "cli/exit_code.h"

namespace {

using sluice::cli::ExitCode;

int ended_with(ExitCode code) { return static_cast<int>(code); }

int refuse(ExitCode code, const std::string& why) {
  std::cerr << "sluice: " << why << std::endl;
  return ended_with(code);
}

void add_options(CLI::App& app, sluice::cli::Terminal& terminal) {
  app.add_option("-c,--connect", terminal.uri,
                 "URI of the daemon; without it $SLUICE_URI, qemu:///system as root, qemu:///session else")
      ->envname("SLUICE_URI");
  app.add_flag("--json", terminal.json, "Print data as JSON");
  app.add_option("--progress", terminal.progress,
                 "Of transfers, on standard error: auto (a line on a terminal), none, json, json:FD")
      ->check([](const std::string& kind) -> std::string {
        if (kind == "auto" || kind == "none" || kind == "json") return {};
        if (kind.starts_with("json:") && kind.size() > 5 && kind.size() < 15 &&
            kind.find_first_not_of("0123456789", 5) == std::string::npos) {
          return {};
        }
        return "'" + kind + "' is none of auto, none, json, json:FD";
      });
  app.set_version_flag("--version", "sluice " + sluice::library_version());
  app.require_subcommand(1);
  app.fallthrough();
  app.set_help_all_flag("--help-all", "Help of every command");
}

void add_commands(CLI::App& app, sluice::cli::Terminal& terminal) {
  for (const auto add :
       {sluice::cli::add_list, sluice::cli::add_define, sluice::cli::add_undefine, sluice::cli::add_start,
        sluice::cli::add_shutdown, sluice::cli::add_reboot, sluice::cli::add_reset, sluice::cli::add_destroy,
        sluice::cli::add_pause, sluice::cli::add_resume, sluice::cli::add_info, sluice::cli::add_xml,
        sluice::cli::add_console, sluice::cli::add_save, sluice::cli::add_restore, sluice::cli::add_version}) {
    add(app, terminal);
  }
}

int run(int argc, char** argv) {
  sluice::cli::Interrupt interrupt;
  sluice::cli::Terminal terminal{.uri = {}, .interrupt = interrupt};
  CLI::App app{"Machines, and their states as streams, on this host and others", "sluice"};
  try {
    add_options(app, terminal);
    add_commands(app, terminal);
    app.parse(argc, argv);
    std::cout.flush();
    if (!std::cout) return refuse(ExitCode::failed, "cannot write to standard output");
    return ended_with(ExitCode::done);
  } catch (const CLI::ParseError& e) {
    return e.get_exit_code() == 0 ? app.exit(e) : (static_cast<void>(app.exit(e)), ended_with(ExitCode::usage));
  } catch (const sluice::Failure& failure) {
    if (interrupt.came()) return refuse(ExitCode::interrupted, "interrupted; the transfer was aborted");
    return refuse(exit_code_of(failure), failure.what());
  } catch (const std::exception& e) {
    return refuse(ExitCode::failed, e.what());
  }
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv); }
