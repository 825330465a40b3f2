#include "cli/text_file.h"

#include <fcntl.h>
#include <sluice/error.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sluice::cli {
namespace {

constexpr std::size_t longest = 64 * 1024 * 1024;  // a daemon accepts far less, and says so itself

}  // namespace

std::string read_text(const std::string& file) {
  const bool standard = file == "-";
  const std::string shown = standard ? "standard input" : "'" + file + "'";
  const int fd = standard ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw Failure(system_failure("cannot open " + shown, errno));
  std::string text;
  std::array<char, 65536> room{};
  int failed = 0;
  while (text.size() <= longest) {
    const ssize_t count = ::read(fd, room.data(), room.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) failed = errno;
    if (count <= 0) break;
    text.append(room.data(), static_cast<std::size_t>(count));
  }
  if (!standard) ::close(fd);
  if (failed != 0) throw Failure(system_failure("cannot read " + shown, failed));
  if (text.size() > longest) {
    throw Failure(Error{.code = Code::invalid_arg, .message = shown + " is too long for a definition"});
  }
  return text;
}

}  // namespace sluice::cli
