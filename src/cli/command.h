#pragma once
// What every command of `sluice` gets: where to connect, how to print, and the signals. One command per file; each adds
// itself to the parser:
//
//   void add_start(CLI::App& app, Terminal& terminal) { ... app.add_subcommand("start", ...)->callback([=, &terminal] {
//   ... }); }
//
// A command throws; main turns what was thrown into a sentence on standard error and an exit code (exit_code.h).

#include <sluice/host.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/interrupt.h"

namespace sluice::cli {

enum class ProgressKind : std::uint8_t { none, line, json };

struct Terminal {
  std::string uri;
  bool json = false;
  std::string progress = "auto";  // auto, none, json, json:FD
  Interrupt& interrupt;

  Host connect() const;
  // For people; with --json silent, because the output is data then.
  void say(const std::string& sentence) const;
};

void add_console(CLI::App& app, Terminal& terminal);
void add_define(CLI::App& app, Terminal& terminal);
void add_destroy(CLI::App& app, Terminal& terminal);
void add_info(CLI::App& app, Terminal& terminal);
void add_list(CLI::App& app, Terminal& terminal);
void add_pause(CLI::App& app, Terminal& terminal);
void add_reboot(CLI::App& app, Terminal& terminal);
void add_reset(CLI::App& app, Terminal& terminal);
void add_restore(CLI::App& app, Terminal& terminal);
void add_resume(CLI::App& app, Terminal& terminal);
void add_save(CLI::App& app, Terminal& terminal);
void add_shutdown(CLI::App& app, Terminal& terminal);
void add_start(CLI::App& app, Terminal& terminal);
void add_undefine(CLI::App& app, Terminal& terminal);
void add_version(CLI::App& app, Terminal& terminal);
void add_xml(CLI::App& app, Terminal& terminal);

// A command with one argument, a machine's name: `run` gets the machine.
CLI::App* add_machine_command(CLI::App& app, Terminal& terminal, const std::string& name,
                              const std::string& description, std::function<void(Domain&)> run);

}  // namespace sluice::cli
