#include "qemu/log_lines.h"

#include <array>

#include "qmp/message.h"

namespace sluice::qemu {
namespace {

constexpr std::size_t time_stamp_size = std::string_view("2026-01-01T10:00:00.123456Z ").size();

std::string_view without_prefix(std::string_view line) {
  if (line.size() > time_stamp_size && line[10] == 'T' && line[time_stamp_size - 2] == 'Z') {
    line.remove_prefix(time_stamp_size);
  }
  const std::size_t colon = line.find(": ");
  if (line.starts_with("qemu-system-") && colon != std::string_view::npos) line.remove_prefix(colon + 2);
  return line;
}

// Lines that belong to a life without trouble, and the one about our own signal.
bool says_nothing(std::string_view line) {
  static constexpr std::array chatter{std::string_view("char device redirected to"),
                                      std::string_view("VNC server running on"),
                                      std::string_view("terminating on signal")};
  for (const std::string_view each : chatter) {
    if (line.find(each) != std::string_view::npos) return true;
  }
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

std::string last_words(std::string_view log) {
  std::string words;
  for (int wanted = 2; wanted > 0 && !log.empty();) {
    const std::size_t end = log.rfind('\n');
    const std::string_view line = without_prefix(end == std::string_view::npos ? log : log.substr(end + 1));
    log = end == std::string_view::npos ? std::string_view{} : log.substr(0, end);
    if (says_nothing(line)) continue;
    words = qmp::quotable(line) + (words.empty() ? "" : "; " + words);
    --wanted;
  }
  return words;
}

}  // namespace sluice::qemu
