#include "client/open_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/failure.h"
#include "io/file.h"

namespace sluice::client {
namespace {

std::uint64_t size_of(const io::Fd& file) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  const off_t at = ::lseek(file.get(), 0, SEEK_CUR);
  return at < 0 || at > status.st_size ? 0 : static_cast<std::uint64_t>(status.st_size - at);
}

io::Fd opened(const std::string& path) {
  try {
    return io::open_input(path);
  } catch (const io::Failure& failure) {
    throw Failure(failure.error);
  }
}

}  // namespace

OpenInput::OpenInput(const Input& from) {
  if (const auto* callable = std::get_if<Reader>(&from)) {
    reader = *callable;
    return;
  }
  if (const auto* path = std::get_if<std::filesystem::path>(&from)) {
    name = path->string();
    fd = opened(name);
  } else {
    const auto& descriptor = std::get<Descriptor>(from);
    name = name_of(descriptor);
    fd = duplicate(descriptor);
  }
  size = size_of(fd);
}

io::Fd duplicate(const Descriptor& of) {
  io::Fd copy(::fcntl(of.fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw Failure(system_failure("cannot use descriptor " + std::to_string(of.fd), errno));
  return copy;
}

std::string name_of(const Descriptor& of) {
  if (of.fd == 0) return "standard input";
  return of.fd == 1 ? "standard output" : "descriptor " + std::to_string(of.fd);
}

}  // namespace sluice::client
