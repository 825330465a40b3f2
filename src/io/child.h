#pragma once
// A child process: started without a shell, with exactly the descriptors it was given; waited for through its pidfd;
// killed when its owner dies, unless it was released.
//
//   auto child = co_await Child::start({.argv = {"/usr/bin/qemu-system-x86_64", "-S"}, .out = log.get()});
//   child.signal(SIGTERM);
//   ExitStatus status = co_await child.wait();
//
//   auto again = Child::attach(executor, pid, started);     // after a restart; nothing if that process is gone

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/fd.h"
#include "io/task.h"

namespace sluice::io {

struct ChildOptions {
  std::vector<std::string> argv;                     // the program's path first; no search in $PATH
  std::optional<std::vector<std::string>> env = {};  // "NAME=value"; unset: ours
  std::vector<int> pass = {};                        // open in the child under the same numbers (3 or more)
  int in = -1, out = -1, err = -1;                   // -1: /dev/null (err: the same as out)
  std::optional<uid_t> uid = {};                     // drop to them; needs root
  std::optional<gid_t> gid = {};
  std::vector<gid_t> groups = {};                   // supplementary groups when uid or gid is set
  std::string directory = {};                       // empty: ours
  bool own_session = true;                          // so that a Ctrl-C on our terminal does not reach it
  bool die_with_parent = false;                     // `last` when the thread that started it ends
  int last = SIGKILL;                               // sent by whoever lets it die
  std::vector<std::pair<int, rlimit>> limits = {};  // {RLIMIT_CORE, {0, 0}}
};

struct ExitStatus {
  bool known = true;  // false: it was not our child, nobody told us
  int code = 0;       // exit code, if signal is 0
  int signal = 0;
  bool success() const { return known && code == 0 && signal == 0; }
  std::string text() const;  // "exited with code 1", "was killed by signal 9 (Killed)"
};

// When a process started, in clock ticks since boot; nothing if there is no such process.
std::optional<std::uint64_t> start_time(pid_t pid);

class Child {
 public:
  // Completes when the program runs. Failure: "cannot start '/x': No such file or directory".
  static Task<Child> start(ChildOptions options);
  // The process `pid` if it still is the one that started at `started`; it need not be our child.
  static std::optional<Child> attach(const Executor& executor, pid_t pid, std::uint64_t started);

  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  // Unless released or over, kills with `last`, a second later with SIGKILL, and reaps; what is not gone after a
  // second, because it waits for a disk, its executor reaps later.
  ~Child();

  pid_t pid() const;
  std::uint64_t started() const;  // clock ticks since boot: with the pid, its identity
  bool running() const;           // asks the kernel
  Task<ExitStatus> wait();        // once it is over again and again the same; one waiter at a time
  void signal(int number);        // nothing happens if it is over
  void release();                 // it outlives us: destruction leaves it alone

 private:
  struct Inside;
  explicit Child(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace sluice::io
