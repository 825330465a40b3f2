#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/one_volume.h"
#include "cli/progress.h"
#include "cli/rate.h"

namespace sluice::cli {
namespace {

struct Ask {
  std::string volume, file;
  VolumeRange range;
  std::uint64_t rate = 0;
};

TransferOptions transfer_of(ProgressShow& show, const Settings& settings, const Ask& ask) {
  TransferOptions transfer = show.options(settings.interrupt->token());
  transfer.limit = ask.rate;
  return transfer;
}

std::string called(const Volume& volume) { return "'" + volume.pool_name() + "/" + volume.name() + "'"; }

void upload(const Settings& settings, const Ask& ask) {
  const bool from_input = ask.file == "-";
  if (from_input && ::isatty(STDIN_FILENO) != 0) {
    throw UsageError("a volume's bytes do not come from a terminal; name a file, or redirect standard input");
  }
  const ProgressMode mode = ProgressMode::parse(settings.progress);
  const Host host = settings.connect();
  Volume volume = find_volume(host, ask.volume);
  ProgressShow show(mode, "uploading to " + called(volume));
  const Input from = from_input ? Input(Descriptor{STDIN_FILENO}) : Input(std::filesystem::path(ask.file));
  volume.upload(from, ask.range, transfer_of(show, settings, ask));
  show.done();
  print_done(settings, volume, "uploaded from " + (from_input ? "standard input" : "'" + ask.file + "'"));
}

void download(const Settings& settings, const Ask& ask) {
  const bool to_output = ask.file == "-";
  if (to_output && ::isatty(STDOUT_FILENO) != 0) {
    throw UsageError("a volume's bytes are not for a terminal; name a file, or redirect standard output");
  }
  const ProgressMode mode = ProgressMode::parse(settings.progress);
  const Host host = settings.connect();
  const Volume volume = find_volume(host, ask.volume);
  ProgressShow show(mode, "downloading " + called(volume));
  const Output to = to_output ? Output(Descriptor{STDOUT_FILENO}) : Output(std::filesystem::path(ask.file));
  volume.download(to, ask.range, transfer_of(show, settings, ask));
  show.done();
  if (!to_output) print_done(settings, volume, "downloaded to '" + ask.file + "'");
}

void add_how(CLI::App& command, Ask& ask) {
  add_size(command, "--offset", ask.range.offset, "Where in the volume to begin");
  add_size(command, "--length", ask.range.length, "At most so many bytes of the volume");
  command.add_flag("--sparse", ask.range.sparse, "Holes travel as holes");
  add_rate(command, "--limit", ask.rate, "At most so many bytes per second, 100MB/s for example");
}

}  // namespace

void add_upload(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("upload", "Write a file's bytes into a volume");
  const auto ask = std::make_shared<Ask>();
  command->add_option("volume", ask->volume, "POOL/NAME of the volume, or its path at the daemon")
      ->required()
      ->type_name("VOLUME");
  command->add_option("file", ask->file, "File or named pipe; - is standard input")->required()->type_name("FILE");
  add_how(*command, *ask);
  command->callback([&settings, ask] { upload(settings, *ask); });
}

void add_download(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("download", "Write a volume's bytes into a file");
  const auto ask = std::make_shared<Ask>();
  command->add_option("volume", ask->volume, "POOL/NAME of the volume, or its path at the daemon")
      ->required()
      ->type_name("VOLUME");
  command->add_option("file", ask->file, "File or named pipe; - is standard output")->required()->type_name("FILE");
  add_how(*command, *ask);
  command->callback([&settings, ask] { download(settings, *ask); });
}

}  // namespace sluice::cli
