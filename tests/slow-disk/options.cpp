#include "options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>

namespace slow_disk {
namespace {

constexpr const char* what_it_is =
    "Shows DIRECTORY at MOUNTPOINT as a disk that is slow, full, broken or stuck; for tests and benchmarks.\n"
    "\n"
    "Prints 'mounted MOUNTPOINT' when it may be used, and stays in the foreground until it is told to end (SIGTERM,\n"
    "SIGINT, SIGHUP) or the process that started it is gone; then nothing stays mounted, and what waits fails.\n"
    "Numbers of bytes may have a unit (64KiB, 4MB, 1GiB); 'off' takes back those of --eio-at, --full-at and "
    "--hang-at.\n"
    "\n"
    "Faults may be changed while it runs: a line of fault options on its standard input, such as\n"
    "'--hang none --write-rate 4MiB', is answered by the line 'ok' or 'error: ...'; options that are not named stay "
    "as\n"
    "they are. Every operation that begins to wait for ever is told by a line 'hangs OPERATION FILE'.";

const std::map<std::string, Hanging> hanging_by_name{
    {"none", Hanging::nothing}, {"reads", Hanging::reads}, {"writes", Hanging::writes}, {"all", Hanging::everything}};
const std::map<std::string, Cache> cache_by_name{
    {"none", Cache::none}, {"reads", Cache::reads}, {"writes", Cache::writes}};

CLI::Validator or_off() {
  return CLI::Validator(
      [](std::string& word) {
        if (word == "off") word = std::to_string(Settings::never);
        return std::string();
      },
      "N|off");
}

void add_faults(CLI::App& app, Settings& settings) {
  const auto group = "Faults";
  const auto bytes = [&](const char* name, std::uint64_t& value, const char* what) {
    return app.add_option(name, value, what)->transform(CLI::AsSizeValue(true))->group(group)->option_text("BYTES");
  };
  bytes("--read-rate", settings.read_rate, "Bytes per second that may be read; 0: as fast as it goes");
  bytes("--write-rate", settings.write_rate, "Bytes per second that may be written; 0: as fast as it goes");
  app.add_option("--delay", settings.delay_ms, "Milliseconds that each read, write and sync takes longer")
      ->group(group)
      ->option_text("MS");
  bytes("--eio-at", settings.eio_at, "Reads and writes that touch byte N of a file fail: input/output error")
      ->transform(or_off());
  bytes("--full-at", settings.full_at, "No file grows beyond N bytes: no space left")->transform(or_off());
  bytes("--hang-at", settings.hang_at, "Reads and writes that touch byte N of a file are not answered")
      ->transform(or_off());
  app.add_option("--hang", settings.hanging, "What is not answered: reads, writes (and syncs), all, or none")
      ->transform(CLI::CheckedTransformer(hanging_by_name))
      ->group(group)
      ->option_text("WHAT");
}

}  // namespace

Options options_of(int count, char** words) {
  Options options;
  CLI::App app(what_it_is, "slow-disk");
  app.add_option("DIRECTORY", options.directory, "What is shown")
      ->required()
      ->check(CLI::ExistingDirectory)
      ->option_text(" ");
  app.add_option("MOUNTPOINT", options.mountpoint, "Where")
      ->required()
      ->check(CLI::ExistingDirectory)
      ->option_text(" ");
  app.add_option("--cache", options.cache,
                 "What the page cache may keep: none (default), so that every read and write meets the disk; reads;\n"
                 "or writes too, as on a local disk, whose writers wait only when there is too much to write")
      ->transform(CLI::CheckedTransformer(cache_by_name))
      ->option_text("WHAT");
  add_faults(app, options.settings);
  try {
    app.parse(count, words);
    // What a directory with files would hide is missed by somebody.
    if (!std::filesystem::is_empty(options.mountpoint))
      throw CLI::ValidationError("MOUNTPOINT", "is not empty: " + options.mountpoint);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

Settings changed_by(const std::string& line, Settings settings) {
  CLI::App app;
  app.set_help_flag();
  add_faults(app, settings);
  try {
    app.parse(line);
  } catch (const CLI::ParseError& error) {
    throw std::runtime_error(error.what());
  }
  return settings;
}

}  // namespace slow_disk
