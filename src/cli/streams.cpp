#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <iostream>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/table.h"

namespace sluice::cli {
namespace {

using Streams = std::map<std::uint64_t, StreamInfo>;

JsonObject json_of(const StreamInfo& stream) {
  JsonObject object;
  object.add("id", stream.id)
      .add("session", stream.session)
      .add("peer", stream.peer)
      .add("operation", stream.operation)
      .add("object", stream.object)
      .add("direction", name(stream.direction))
      .add("state", name(stream.state))
      .add("waits", name(stream.waits))
      .add("in", stream.in)
      .add("out", stream.out)
      .add("total", stream.total)
      .add("rate", stream.rate)
      .add("limit", stream.limit)
      .add("weight", stream.weight)
      .add("window", stream.window)
      .add("held", stream.held)
      .add("copied", stream.copied)
      .add("opened_ms", stream.opened.time_since_epoch().count());
  return object;
}

std::string bytes(std::uint64_t count) { return readable_bytes(static_cast<double>(count)); }

std::vector<std::string> row_of(const StreamInfo& stream) {
  const std::string total = stream.total == 0 ? "" : " of " + bytes(stream.total);
  return {std::to_string(stream.id),
          stream.peer,
          stream.operation,
          stream.object.empty() ? "-" : stream.object,
          std::string(name(stream.state)),
          bytes(stream.in + stream.out) + total,
          bytes(stream.rate) + "/s",
          stream.limit == 0 ? "-" : bytes(stream.limit) + "/s",
          stream.weight == usual_weight ? "-" : std::to_string(stream.weight),
          bytes(stream.window),
          bytes(stream.held),
          std::string(name(stream.waits))};
}

void print_table(const Streams& streams) {
  Table table{{"Id", "Peer", "Operation", "Object", "State", "Moved", "Rate", "Limit", "Weight", "Window", "Held",
               "Waits for"}};
  for (const auto& [id, stream] : streams) table.push_back(row_of(stream));
  print(std::cout, table);
}

void print_json(const std::vector<StreamInfo>& streams) {
  std::string out;
  for (const StreamInfo& stream : streams) out += (out.empty() ? "" : ",\n ") + json_of(stream).text();
  std::cout << "[" << out << "]" << std::endl;
}

void list(const Settings& settings) {
  const std::vector<StreamInfo> found = settings.connect().streams();
  if (settings.json) return print_json(found);
  Streams streams;
  for (const StreamInfo& stream : found) streams.emplace(stream.id, stream);
  print_table(streams);
}

// Reports as they come, until somebody asks to stop.
class Live {
 public:
  explicit Live(const Settings& settings) : settings_(settings), redraws_(::isatty(STDOUT_FILENO) != 0) {}

  void run(std::chrono::milliseconds interval) {
    Host host = settings_.connect();
    const std::stop_token stop = settings_.interrupt->token();
    const auto token = host.watch_streams([this](const StreamReport& report) { arrived(report); }, interval);
    while (!stop.stop_requested()) {
      if (const auto news = next(stop)) {
        show(*news);
      } else if (!host.alive()) {
        static_cast<void>(host.streams());  // throws why
      }
    }
  }

 private:
  void arrived(const StreamReport& report) {
    const std::lock_guard lock(mutex_);
    reported_ = true;
    for (const StreamInfo& stream : report.streams) news_[stream.id] = stream;
    changed_.notify_all();
  }

  // What was told since the last time.
  std::optional<Streams> next(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, stop, std::chrono::seconds(1), [this] { return reported_; })) return {};
    reported_ = false;
    return std::exchange(news_, {});
  }

  void show(const Streams& news) {
    if (settings_.json) {
      for (const auto& [id, stream] : news) std::cout << json_of(stream).text() << "\n";
      std::cout << std::flush;
    } else {
      for (const auto& [id, stream] : news) {
        streams_[stream.id] = stream;
        if (stream.state == StreamState::over) streams_.erase(stream.id);
      }
      std::cout << (redraws_ ? "\033[H\033[J" : began_ ? "\n" : "");
      print_table(streams_);
    }
    began_ = true;
    if (!std::cout) throw std::runtime_error("cannot write to standard output");
  }

  const Settings& settings_;
  const bool redraws_;
  bool began_ = false;
  Streams streams_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool reported_ = false;
  Streams news_;  // not shown yet: how each stands now, however long the terminal takes
};

}  // namespace

void add_streams(CLI::App& app, const Settings& settings) {
  CLI::App* const command = app.add_subcommand("streams", "List the streams of a daemon: who moves what, how fast");
  const auto watch = std::make_shared<bool>(false);
  const auto seconds = std::make_shared<double>(1);
  auto* const watches = command->add_flag("--watch", *watch, "Go on until interrupted, as they change");
  command->add_option("--interval", *seconds, "How often to look, 0.1 or more; every second if not given")
      ->check(CLI::Range(0.1, 86'400.0))
      ->type_name("SECONDS")
      ->needs(watches);
  command->callback([&settings, watch, seconds] {
    if (!*watch) return list(settings);
    Live(settings).run(std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000)));
  });
}

}  // namespace sluice::cli
