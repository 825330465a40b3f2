#include <unistd.h>

#include <iostream>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/rate.h"
#include "cli/text_file.h"

namespace sluice::cli {
namespace {

struct Ask {
  std::string file, xml;
  bool running = false, paused = false;
  std::uint64_t rate = 0;
};

void run(const Settings& settings, const Ask& ask) {
  const bool from_input = ask.file == "-";
  if (from_input && ::isatty(STDIN_FILENO) != 0) {
    throw UsageError("a machine's state does not come from a terminal; name a file, or redirect standard input");
  }
  if (from_input && ask.xml == "-") throw UsageError("state and definition cannot both be standard input");
  const ProgressMode mode = ProgressMode::parse(settings.progress);
  const RestoreOptions options{.then = ask.running  ? AfterRestore::running
                                       : ask.paused ? AfterRestore::paused
                                                    : AfterRestore::as_it_was,
                               .xml = ask.xml.empty() ? "" : read_text(ask.xml)};
  Host host = settings.connect();
  ProgressShow show(mode, "restoring from " + (from_input ? "standard input" : "'" + ask.file + "'"));
  const Input from = from_input ? Input(Descriptor{STDIN_FILENO}) : Input(std::filesystem::path(ask.file));
  TransferOptions transfer = show.options(settings.interrupt->token());
  transfer.limit = ask.rate;
  const Domain guest = host.restore(from, options, transfer);
  show.done();
  print_done(settings, guest, "restored");
}

}  // namespace

void add_restore(CLI::App& app, const Settings& settings) {
  CLI::App* const command = app.add_subcommand("restore", "Let a saved machine go on");
  const auto ask = std::make_shared<Ask>();
  command->add_option("file", ask->file, "File or named pipe; - is standard input")->required()->type_name("FILE");
  auto* const running = command->add_flag("--running", ask->running, "Run, however it was saved");
  command->add_flag("--paused", ask->paused, "Stay paused, however it was saved")->excludes(running);
  command->add_option("--xml", ask->xml, "A definition in place of the saved one; - is standard input")
      ->type_name("FILE");
  add_rate(*command, "--limit", ask->rate, "At most so many bytes per second, 100MB/s for example");
  command->callback([&settings, ask] { run(settings, *ask); });
}

}  // namespace sluice::cli
