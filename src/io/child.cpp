#include "io/child.h"

#include <poll.h>
#include <signal.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>

#include "base/assert.h"
#include "io/failure.h"
#include "io/spawn.h"

namespace sluice::io {

namespace {

constexpr int moment_ms = 1000;  // in which a process that was killed is gone

}  // namespace

struct Child::Inside {
  Inside(const Executor& executor, pid_t pid_, std::uint64_t started_, Fd pidfd, int last_)
      : pid(pid_), started(started_), last(last_), ended(executor) {
    boost::system::error_code error;
    static_cast<void>(ended.assign(pidfd.get(), error));
    if (error) fail_with_errno("cannot watch a child process", error.value());
    static_cast<void>(pidfd.release());
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() {
    if (released || over) return;
    kill(last);
    // It is gone in a moment, so that whoever let go of it finds nothing left.
    pollfd gone{.fd = fd(), .events = POLLIN, .revents = 0};
    if (::poll(&gone, 1, moment_ms) > 0) {
      reap();
      return;
    }
    kill(SIGKILL);
    // Or when a disk answers that does not: no event loop waits for that.
    const auto later = std::make_shared<asio::posix::stream_descriptor>(std::move(ended));
    later->async_wait(asio::posix::descriptor_base::wait_read, [later](const boost::system::error_code&) {
      static_cast<void>(io::reap(later->native_handle()));
    });
  }

  int fd() { return ended.native_handle(); }
  void kill(int number) {
    if (!over) signal_pidfd(fd(), number);
  }
  void reap() {
    if (!over) over = io::reap(fd());
  }

  pid_t pid;
  std::uint64_t started;
  int last;  // signal
  bool released = false;
  asio::posix::stream_descriptor ended;  // readable when the process is over
  std::optional<ExitStatus> over;
};

Task<Child> Child::start(ChildOptions options) {
  const Executor executor = co_await asio::this_coro::executor;
  Spawned spawned = spawn(options);
  const std::uint64_t started = start_time(spawned.pid).value_or(0);
  // From here on a failure or a cancellation kills it.
  Child child(std::make_unique<Inside>(executor, spawned.pid, started, std::move(spawned.pidfd), options.last));
  asio::posix::stream_descriptor report(executor, spawned.report.release());
  Stumble stumble;
  boost::system::error_code error;
  const auto room = asio::buffer(&stumble, sizeof stumble);
  const std::size_t told = co_await report.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::eof) co_return child;  // exec closed it
  if (error) throw boost::system::system_error(error);
  ensure(told == sizeof stumble, "so few bytes arrive in one piece");
  throw Failure(explain(stumble, options.argv.front()));
}

std::optional<Child> Child::attach(const Executor& executor, pid_t pid, std::uint64_t started) {
  Fd pidfd = open_pidfd(pid);
  // The pidfd is open before the time is compared: from here on the number cannot become another process.
  if (!pidfd || start_time(pid) != started) return std::nullopt;
  return Child(std::make_unique<Inside>(executor, pid, started, std::move(pidfd), SIGKILL));
}

Child::Child(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&&) noexcept = default;
Child::~Child() = default;

pid_t Child::pid() const { return inside_->pid; }
std::uint64_t Child::started() const { return inside_->started; }

bool Child::running() const { return !inside_->over && signal_pidfd(inside_->fd(), 0); }

Task<ExitStatus> Child::wait() {
  while (!inside_->over) {
    co_await inside_->ended.async_wait(asio::posix::descriptor_base::wait_read, asio::use_awaitable);
    inside_->reap();
  }
  co_return *inside_->over;
}

void Child::signal(int number) { inside_->kill(number); }
void Child::release() { inside_->released = true; }

std::string ExitStatus::text() const {
  if (!known) return "ended";
  if (signal == 0) return "exited with code " + std::to_string(code);
  const char* name = ::strsignal(signal);
  return "was killed by signal " + std::to_string(signal) + (name != nullptr ? " (" + std::string(name) + ")" : "");
}

}  // namespace sluice::io
