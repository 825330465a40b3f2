#include "qemu/machine_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace sluice::qemu {
namespace {

constexpr off_t log_max = 1024 * 1024;
constexpr off_t log_kept = 64 * 1024;

void make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) io::fail_with_errno("cannot make directory '" + path + "'");
}

std::string read_end(int log, off_t most) {
  struct stat about{};
  if (::fstat(log, &about) != 0) return {};
  const off_t from = about.st_size > most ? about.st_size - most : 0;
  std::string text(static_cast<std::size_t>(about.st_size - from), '\0');
  const ssize_t count = ::pread(log, text.data(), text.size(), from);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

}  // namespace

MachineDirectory::MachineDirectory(const std::string& state_directory, const Uuid& uuid)
    : state_directory_(state_directory), path_(state_directory + "/machines/" + uuid.text()) {}

void MachineDirectory::create() const {
  make_directory(state_directory_, 0700);
  make_directory(state_directory_ + "/machines", 0700);
  make_directory(path_, 0700);
}

io::Fd MachineDirectory::open_log() const {
  const std::string name = log();
  if (::rename(name.c_str(), (name + ".old").c_str()) != 0 && errno != ENOENT) {
    io::fail_with_errno("cannot put away '" + name + "'");
  }
  // Appending, so that what QEMU writes after we cut the log short follows its new end.
  io::Fd opened(::open(name.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!opened) io::fail_with_errno("cannot make log '" + name + "'");
  return opened;
}

io::Fd MachineDirectory::reopen_log() const {
  return io::Fd(::open(log().c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
}

io::Fd MachineDirectory::temporary_file() const {
  io::Fd made(::open(path_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0400));
  if (!made) io::fail_with_errno("cannot make a temporary file in '" + path_ + "'");
  return made;
}

void MachineDirectory::remove() const noexcept {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string log_tail(const io::Fd& log) noexcept {
  try {
    return log ? read_end(log.get(), 8 * 1024) : std::string{};
  } catch (...) {
    return {};
  }
}

void trim_log(const io::Fd& log) noexcept {
  struct stat about{};
  if (!log || ::fstat(log.get(), &about) != 0 || about.st_size <= log_max) return;
  try {
    const std::string kept = read_end(log.get(), log_kept);
    if (::ftruncate(log.get(), 0) != 0) return;
    static_cast<void>(::write(log.get(), kept.data(), kept.size()) < 0);
  } catch (...) {
    static_cast<void>(::ftruncate(log.get(), 0) < 0);  // no memory for the end: the disk matters more
  }
}

}  // namespace sluice::qemu
