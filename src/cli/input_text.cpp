#include "cli/input_text.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace sluice::cli {
namespace {

constexpr std::size_t text_max = 4 * 1024 * 1024;

struct Opened {
  int fd;
  bool ours;
  ~Opened() {
    if (ours) ::close(fd);
  }
};

}  // namespace

std::string read_text(const std::string& file) {
  const bool standard = file == "-";
  const std::string named = standard ? "standard input" : "'" + file + "'";
  const Opened opened{standard ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC), !standard};
  if (opened.fd < 0) throw std::system_error(errno, std::generic_category(), "cannot open " + named);
  std::string text;
  std::array<char, 65536> room;
  for (;;) {
    const ssize_t n = ::read(opened.fd, room.data(), room.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::generic_category(), "cannot read " + named);
    if (n == 0) return text;
    text.append(room.data(), static_cast<std::size_t>(n));
    if (text.size() > text_max) throw std::runtime_error(named + " is longer than 4 MiB, no definition is");
  }
}

}  // namespace sluice::cli
