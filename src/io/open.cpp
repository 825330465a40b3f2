// Which stream a path or a descriptor becomes.

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <charconv>

#include "io/descriptor.h"
#include "io/failure.h"
#include "io/file.h"
#include "io/file_target.h"

namespace sluice::io {
namespace {

// Regular files, block devices and the likes of /dev/zero never block in the sense of poll.
bool can_be_polled(int fd) {
  const Fd probe(::epoll_create1(EPOLL_CLOEXEC));
  if (!probe) fail_with_errno("cannot poll a descriptor");
  epoll_event nothing{};
  if (::epoll_ctl(probe.get(), EPOLL_CTL_ADD, fd, &nothing) == 0) return true;
  if (errno != EPERM) fail_with_errno("cannot poll a descriptor");
  return false;
}

struct stat status_of(int fd, const std::string& name) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) fail_with_errno("cannot use '" + name + "'");
  return status;
}

// The number in /dev/fd/N: the open file itself, because a socket cannot be opened again through its path.
std::optional<int> number_in(const std::string& path) {
  for (const std::string_view front : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(front)) continue;
    int number = -1;
    const char* last = path.data() + path.size();
    const auto [end, error] = std::from_chars(path.data() + front.size(), last, number);
    if (error == std::errc() && end == last && number >= 0) return number;
  }
  return std::nullopt;
}

Fd duplicate(int number, const std::string& path) {
  Fd copy(::fcntl(number, F_DUPFD_CLOEXEC, 3));
  if (!copy) fail_with_errno("cannot use '" + path + "'");
  return copy;
}

// Fewer and larger steps between two programs; a fifo of the usual size works as well.
void widen(int fifo) { static_cast<void>(::fcntl(fifo, F_SETPIPE_SZ, 1024 * 1024)); }

// Nothing: a fifo without a reader.
std::optional<Fd> open_for_writing(const std::string& path) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (fd) return fd;
  struct stat there{};
  if (errno == ENXIO && ::stat(path.c_str(), &there) == 0 && S_ISFIFO(there.st_mode)) return std::nullopt;
  fail_with_errno("cannot open '" + path + "'");
}

std::string cannot_open(const std::string& path) { return "cannot open '" + path + "': the disk"; }
std::string cannot_use(const std::string& name) { return "cannot use '" + name + "': the disk"; }

// What a descriptor is. A file system may have to be asked, so no event loop does it.
struct Looked {
  Fd fd;
  mode_t kind = 0;
  bool polled = false;
};
Looked look_at(Fd fd, const std::string& name) {
  const mode_t kind = status_of(fd.get(), name).st_mode;
  const bool polled = can_be_polled(fd.get());
  return {.fd = std::move(fd), .kind = kind, .polled = polled};
}

std::unique_ptr<Source> make_source(Disk& disk, const Executor& executor, Looked looked, std::string name,
                                    FileSourceOptions options) {
  if (!looked.polled) {
    options.holes =
        options.holes && S_ISREG(looked.kind);  // devices answer the question for holes in ways of their own
    return std::make_unique<FileSource>(disk, executor, std::move(looked.fd), std::move(name), options);
  }
  FdSourceOptions polled{.name = "'" + name + "'"};
  if (S_ISFIFO(looked.kind)) {
    widen(looked.fd.get());
    polled.chunk = 1024 * 1024;
    polled.await_writer = true;  // one whose writers have gone says so at once
  }
  return std::make_unique<FdSource>(executor, std::move(looked.fd), std::move(polled));
}

Task<Fd> wait_for_writable(Disk& disk, std::string path) {
  asio::steady_timer pause(co_await asio::this_coro::executor);
  for (;;) {
    auto attempt = [path] { return open_for_writing(path); };
    std::optional<Fd> fd = co_await disk.run(std::move(attempt), cannot_open(path));
    if (fd) co_return std::move(*fd);
    pause.expires_after(std::chrono::milliseconds(20));  // the kernel tells nobody that a reader came
    co_await pause.async_wait(asio::use_awaitable);
  }
}

bool is_new_or_regular(const std::string& path) {
  struct stat there{};
  if (::stat(path.c_str(), &there) != 0) return true;
  if (S_ISDIR(there.st_mode)) fail_with_errno("cannot create '" + path + "'", EISDIR);
  return S_ISREG(there.st_mode);
}

}  // namespace

Fd open_input(const std::string& path) {
  if (const auto number = number_in(path)) return duplicate(*number, path);
  // Non-blocking, for a fifo that nobody writes yet; regular files do not care.
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) fail_with_errno("cannot open '" + path + "'");
  if (S_ISDIR(status_of(fd.get(), path).st_mode)) fail_with_errno("cannot open '" + path + "'", EISDIR);
  return fd;
}

Task<std::unique_ptr<Source>> source_of(Disk& disk, Fd fd, std::string name, FileSourceOptions options) {
  const Executor executor = co_await asio::this_coro::executor;
  auto looking = [fd = std::move(fd), name]() mutable { return look_at(std::move(fd), name); };
  Looked looked = co_await disk.run(std::move(looking), cannot_use(name));
  co_return make_source(disk, executor, std::move(looked), std::move(name), options);
}

Task<std::unique_ptr<Sink>> sink_of(Disk& disk, Fd fd, std::string name) {
  const Executor executor = co_await asio::this_coro::executor;
  struct Found {
    Looked looked;
    std::shared_ptr<FileSink::Target> target;  // or it is polled
  };
  auto looking = [fd = std::move(fd), name]() mutable {
    Found found{.looked = look_at(std::move(fd), name), .target = nullptr};
    if (!found.looked.polled) found.target = FileSink::Target::in_place(std::move(found.looked.fd), name);
    return found;
  };
  Found found = co_await disk.run(std::move(looking), cannot_use(name));
  if (found.target) co_return std::make_unique<FileSink>(disk, executor, std::move(found.target));
  if (S_ISFIFO(found.looked.kind)) widen(found.looked.fd.get());
  const std::string quoted = "'" + name + "'";
  co_return std::make_unique<FdSink>(executor, std::move(found.looked.fd), FdSinkOptions{.name = quoted});
}

Task<std::unique_ptr<Source>> open_source(Disk& disk, std::string path) {
  const Executor executor = co_await asio::this_coro::executor;
  auto opening = [path] { return look_at(open_input(path), path); };
  Looked looked = co_await disk.run(std::move(opening), cannot_open(path));
  co_return make_source(disk, executor, std::move(looked), path, {});
}

Task<std::unique_ptr<Sink>> open_sink(Disk& disk, std::string path, OpenSinkOptions options) {
  const Executor executor = co_await asio::this_coro::executor;
  if (const auto number = number_in(path)) co_return co_await sink_of(disk, duplicate(*number, path), path);
  auto look = [path, options] {
    return is_new_or_regular(path) ? FileSink::Target::beside(path, options) : std::shared_ptr<FileSink::Target>();
  };
  std::shared_ptr<FileSink::Target> target = co_await disk.run(std::move(look), cannot_open(path));
  if (target) co_return std::make_unique<FileSink>(disk, executor, std::move(target));
  Fd fd = co_await wait_for_writable(disk, path);
  co_return co_await sink_of(disk, std::move(fd), path);
}

}  // namespace sluice::io
