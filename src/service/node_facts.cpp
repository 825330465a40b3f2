#include "service/node_facts.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>

namespace sluice::service {
namespace {

// The files of /proc are made of memory: reading them never waits for a disk.
std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::uint64_t number_after(std::string_view text, std::string_view name) {
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t end = std::min(text.find('\n', line), text.size());
    const std::string_view row = text.substr(line, end - line);
    line = end + 1;
    const std::size_t colon = row.find(':');
    if (colon == row.npos || !row.starts_with(name)) continue;
    if (row.substr(name.size(), colon - name.size()).find_first_not_of(" \t") != row.npos) continue;
    const std::size_t digit = row.find_first_of("0123456789", colon);
    if (digit == row.npos) return 0;
    std::uint64_t number = 0;
    std::from_chars(row.data() + digit, row.data() + row.size(), number);
    return number;
  }
  return 0;
}

NodeFacts node_facts() {
  NodeFacts facts;
  utsname names{};
  if (::uname(&names) == 0) facts.machine = names.machine;
  const std::string memory = text_of("/proc/meminfo");
  facts.memory_kib = number_after(memory, "MemTotal");
  facts.free_kib = number_after(memory, "MemFree");
  facts.cpus = static_cast<std::int32_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  facts.mhz = static_cast<std::int32_t>(number_after(text_of("/proc/cpuinfo"), "cpu MHz"));
  return facts;
}

}  // namespace sluice::service
