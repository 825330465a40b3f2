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
  void operator()(const Ready& ready) { text += "ready " + std::to_string(ready.version.major) + "\n"; }
  void operator()(const Answer& answer) {
    text += "answer " + std::to_string(answer.id) + " ";
    text += answer.result ? json::serialize(*answer.result) : answer.result.error().message;
    text += "\n";
    if (!answer.result) return;
    static_cast<void>(read_status(*answer.result));
    static_cast<void>(read_migration(*answer.result));
    static_cast<void>(read_kvm(*answer.result));
    static_cast<void>(read_machine_types(*answer.result));
    if (auto devices = read_character_devices(*answer.result)) {
      for (const auto& device : *devices) static_cast<void>(pty_path(device));
    }
  }
  void operator()(const Notified& notified) {
    text += "event " + notified.event + " " + json::serialize(notified.data) + "\n";
    static_cast<void>(read_migration_event(notified.data));
    static_cast<void>(read_shutdown_event(notified.data));
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
