// Whatever QEMU says, in any split: events or one Broken, the same for the whole input and for one byte at a time.

#include <cstdint>
#include <string>

#include "base/assert.h"
#include "qmp/answers.h"
#include "qmp/monitor.h"

namespace {

using namespace sluice;
using namespace sluice::qmp;

struct Story {
  std::string text;
  template <class T>
  void tell(const Result<T>& result, const char* what) {
    text += std::string(what) + (result ? " read\n" : ": " + result.error().message + "\n");
  }
  void operator()(const Ready& ready) { text += "ready " + std::to_string(ready.version.major) + "\n"; }
  void operator()(const Answer& answer) {
    text += "answer " + std::to_string(answer.id) + " ";
    text += answer.result ? json::serialize(*answer.result) : answer.result.error().message;
    text += "\n";
    if (!answer.result) return;
    tell(read_status(*answer.result), "status");
    tell(read_migration(*answer.result), "migration");
    tell(read_kvm(*answer.result), "kvm");
    tell(read_machine_types(*answer.result), "machine types");
    const auto devices = read_character_devices(*answer.result);
    tell(devices, "character devices");
    if (!devices) return;
    for (const auto& device : *devices) text += pty_path(device).value_or("no pty") + "\n";
  }
  void operator()(const Notified& notified) {
    text += "event " + notified.event + " " + json::serialize(notified.data) + "\n";
    tell(read_migration_event(notified.data), "migration event");
    tell(read_shutdown_event(notified.data), "shutdown event");
  }
  void operator()(const Broken& broken) { text += "broken " + broken.error.message + "\n"; }
};

std::string told(Bytes input, std::size_t step_size) {
  Monitor monitor;
  Story story;
  bool asked = false;
  const auto drain = [&] {
    while (auto event = monitor.next()) {
      std::visit(story, *event);
      // Commands are given at the same event in both runs, so that their answers mean the same.
      if (!asked && monitor.state() == State::ready) {
        asked = true;
        for (std::uint64_t id = 1; id < 8; ++id) static_cast<void>(monitor.command("query-status", {}, id));
        static_cast<void>(monitor.command("quit", {}, 8));
      }
    }
    static_cast<void>(monitor.to_send());
  };
  for (std::size_t at = 0; at < input.size(); at += step_size) {
    monitor.feed(input.subspan(at, std::min(step_size, input.size() - at)));
    drain();
  }
  monitor.ended();
  drain();
  return story.text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const Bytes input = std::as_bytes(std::span(bytes, size));
  const std::string whole = told(input, std::max<std::size_t>(size, 1));
  ensure(told(input, 1) == whole, "one byte at a time tells the same story");
  return 0;
}
