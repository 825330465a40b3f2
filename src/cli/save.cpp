#include <unistd.h>

#include <iostream>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/rate.h"

namespace sluice::cli {
namespace {

struct Ask {
  std::string machine, file;
  bool running = false, paused = false, zstd = false;
  int level = 3;
  std::uint64_t rate = 0;
};

void run(const Settings& settings, const Ask& ask) {
  const bool to_output = ask.file == "-";
  if (to_output && ::isatty(STDOUT_FILENO) != 0) {
    throw UsageError("a machine's state is not for a terminal; name a file, or redirect standard output");
  }
  const ProgressMode mode = ProgressMode::parse(settings.progress);
  const Host host = settings.connect();
  Domain guest = find_machine(host, ask.machine);
  ProgressShow show(mode, "saving '" + guest.name() + "'");
  const SaveOptions options{.then = ask.running  ? AfterRestore::running
                                    : ask.paused ? AfterRestore::paused
                                                 : AfterRestore::as_it_was,
                            .zstd = ask.zstd,
                            .level = ask.level,
                            .bandwidth = ask.rate};
  const Output to = to_output ? Output(Descriptor{STDOUT_FILENO}) : Output(std::filesystem::path(ask.file));
  guest.save(to, options, show.options(settings.interrupt->token()));
  show.done();
  if (!to_output) print_done(settings, guest, "saved to '" + ask.file + "'");
}

}  // namespace

void add_save(CLI::App& app, const Settings& settings) {
  CLI::App* const command = app.add_subcommand("save", "Save a running machine's state; the machine is then off");
  const auto ask = std::make_shared<Ask>();
  command->add_option("machine", ask->machine, "Name, uuid or id of the machine")->required()->type_name("MACHINE");
  command->add_option("file", ask->file, "File or named pipe; - is standard output")->required()->type_name("FILE");
  auto* const running = command->add_flag("--running", ask->running, "It shall run after the restore");
  command->add_flag("--paused", ask->paused, "It shall be paused after the restore")->excludes(running);
  auto* const zstd = command->add_flag("--zstd", ask->zstd, "Compress on the way, at the daemon");
  command->add_option("--level", ask->level, "Of the compression, 1 to 19")->check(CLI::Range(1, 19))->needs(zstd);
  add_rate(*command, "--limit", ask->rate, "At most so many bytes per second, 100MB/s for example");
  command->callback([&settings, ask] { run(settings, *ask); });
}

}  // namespace sluice::cli
