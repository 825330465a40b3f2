#include "io/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/assert.h"
#include "io/failure.h"
#include "io/quiet_thread.h"

namespace sluice::io {
namespace {

enum Step : int { preparing, changing_user, changing_directory, limiting, executing };

constexpr std::array<const char*, 5> step_names{"its descriptors cannot be arranged", "its user cannot be changed",
                                                "its directory cannot be entered", "its limits cannot be set", ""};

// Everything the child needs, made before fork: afterwards no memory may be allocated, because another thread may have
// held the allocator's lock.
struct Plan {
  explicit Plan(const ChildOptions& o) : options(o) {
    for (const std::string& word : options.argv) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    if (options.env) {
      for (const std::string& word : *options.env) env.push_back(const_cast<char*>(word.c_str()));
      env.push_back(nullptr);
    }
  }
  const ChildOptions& options;
  std::vector<char*> argv, env;
  int in = -1, out = -1, err = -1;
  int report = -1;
};

[[noreturn]] void give_up(const Plan& plan, int step) {
  const Stumble stumble{.step = step, .os_error = errno};
  static_cast<void>(!::write(plan.report, &stumble, sizeof stumble));
  ::_exit(127);
}

void reset_signals() {
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &usual, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool arrange_descriptors(const Plan& plan) {
  if (::dup2(plan.in, 0) < 0 || ::dup2(plan.out, 1) < 0 || ::dup2(plan.err, 2) < 0) return false;
  // Everything else closes itself at exec, also what some library opened without asking for that.
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return false;
  return std::ranges::all_of(plan.options.pass, [](int fd) { return ::fcntl(fd, F_SETFD, 0) == 0; });
}

// The system calls themselves: the C library's wrappers would tell the other threads, of which the child has none.
bool change_user(const ChildOptions& o) {
  if (!o.uid && !o.gid) return true;
  if (::syscall(SYS_setgroups, o.groups.size(), o.groups.data()) != 0) return false;
  if (o.gid && ::syscall(SYS_setresgid, *o.gid, *o.gid, *o.gid) != 0) return false;
  return !o.uid || ::syscall(SYS_setresuid, *o.uid, *o.uid, *o.uid) == 0;
}

[[noreturn]] void become(const Plan& plan, pid_t parent) {
  const ChildOptions& o = plan.options;
  reset_signals();
  if (o.own_session) ::setsid();
  if (!arrange_descriptors(plan)) give_up(plan, preparing);
  const auto set_limit = [](const auto& limit) {
    return ::setrlimit(static_cast<__rlimit_resource>(limit.first), &limit.second) == 0;
  };
  if (!std::ranges::all_of(o.limits, set_limit)) give_up(plan, limiting);
  if (!change_user(o)) give_up(plan, changing_user);
  if (!o.directory.empty() && ::chdir(o.directory.c_str()) != 0) give_up(plan, changing_directory);
  // After the change of user, which clears it; and not if the parent went in between.
  if (o.die_with_parent && (::prctl(PR_SET_PDEATHSIG, o.last) != 0 || ::getppid() != parent)) give_up(plan, preparing);
  ::execve(plan.argv[0], plan.argv.data(), plan.env.empty() ? environ : plan.env.data());
  give_up(plan, executing);
}

// A number above the standard three, so that arranging those does not trample on it.
Fd above_standard(int fd) {
  Fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) fail_with_errno("cannot duplicate a descriptor");
  return copy;
}

Fd open_null(int flags) {
  Fd null(::open("/dev/null", flags | O_CLOEXEC));
  if (!null) fail_with_errno("cannot open '/dev/null'");
  return above_standard(null.get());
}

// Every signal is blocked around the fork, so that no handler of ours runs in the child.
pid_t fork_quietly(const Plan& plan) {
  const pid_t parent = ::getpid();
  const SignalsBlocked here_and_there;
  const pid_t pid = ::fork();
  if (pid == 0) become(plan, parent);
  if (pid < 0) fail_with_errno("cannot start '" + plan.options.argv.front() + "'");
  return pid;
}

}  // namespace

Fd open_pidfd(pid_t pid) { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

bool signal_pidfd(int pidfd, int number) { return ::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0) == 0; }

Spawned spawn(const ChildOptions& options) {
  ensure(!options.argv.empty(), "a child has a program");
  ensure(std::ranges::all_of(options.pass, [](int fd) { return fd > 2; }), "only numbers from 3 on are passed");
  Plan plan(options);
  const Fd in = options.in < 0 ? open_null(O_RDONLY) : above_standard(options.in);
  const Fd out = options.out < 0 ? open_null(O_WRONLY) : above_standard(options.out);
  const Fd err = above_standard(options.err < 0 ? out.get() : options.err);
  FdPair report = make_pipe();
  const Fd say = above_standard(report.second.get());
  plan.in = in.get();
  plan.out = out.get();
  plan.err = err.get();
  plan.report = say.get();

  Spawned spawned{.pid = fork_quietly(plan), .pidfd = {}, .report = std::move(report.first)};
  spawned.pidfd = open_pidfd(spawned.pid);
  if (spawned.pidfd) return spawned;
  const int no_pidfd = errno;
  ::kill(spawned.pid, SIGKILL);
  ::waitpid(spawned.pid, nullptr, 0);
  fail_with_errno("cannot watch '" + options.argv.front() + "'", no_pidfd);
}

std::optional<ExitStatus> reap(int pidfd) {
  siginfo_t info{};
  int result = 0;
  do {
    result = ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG);
  } while (result != 0 && errno == EINTR);
  if (result != 0) return ExitStatus{.known = false};
  if (info.si_pid == 0) return std::nullopt;
  return info.si_code == CLD_EXITED ? ExitStatus{.code = info.si_status} : ExitStatus{.signal = info.si_status};
}

Error explain(const Stumble& stumble, const std::string& program) {
  const std::string what = "cannot start '" + program + "'";
  if (stumble.step == executing) return system_failure(what, stumble.os_error);
  return system_failure(what + ": " + step_names.at(static_cast<std::size_t>(stumble.step)), stumble.os_error);
}

std::optional<std::uint64_t> start_time(pid_t pid) {
  const Fd file(::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::array<char, 1024> text;
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size <= 0) return std::nullopt;
  // The second field is the program's name in parentheses and may contain anything; the time is the 22nd.
  std::string_view rest(text.data(), static_cast<std::size_t>(size));
  const std::size_t name_end = rest.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(name_end + 1);
  for (int field = 2; field < 22; ++field) {
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(space + 1);
  }
  std::uint64_t ticks = 0;
  if (std::from_chars(rest.data(), rest.data() + rest.size(), ticks).ec != std::errc()) return std::nullopt;
  return ticks;
}

}  // namespace sluice::io
