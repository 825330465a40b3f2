#include <unistd.h>

#include <fstream>
#include <sstream>

#include "qemu/guest.h"

namespace sluice::qemu {

std::uint64_t cpu_time_ns(std::int32_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return 0;
  // The name in parentheses may contain anything; the fields after its end are numbers.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::uint64_t user = 0, system = 0;
  if (!(fields >> user >> system)) return 0;
  const long ticks = ::sysconf(_SC_CLK_TCK);
  return ticks <= 0 ? 0 : (user + system) * (1'000'000'000 / static_cast<std::uint64_t>(ticks));
}

}  // namespace sluice::qemu
