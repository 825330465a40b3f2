#include "io/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <sstream>

#include "io/descriptor.h"
#include "io/failure.h"
#include "io/loop.h"
#include "io/scope.h"

namespace sluice::io {
namespace {

std::vector<std::string> shell(const std::string& script) { return {"/bin/sh", "-c", script}; }

bool any_child_left() { return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

// Runs a program to its end and gives what it said.
Task<std::string> output_of(ChildOptions options) {
  FdPair pipe = make_pipe();
  options.out = pipe.second.get();
  Child child = co_await Child::start(options);
  pipe.second.reset();
  FdSource from(co_await asio::this_coro::executor, std::move(pipe.first));
  std::string said;
  for (Piece piece = co_await from.read(); !piece.is_end(); piece = co_await from.read()) {
    said += as_text(piece.bytes.bytes());
  }
  const ExitStatus status = co_await child.wait();
  EXPECT_TRUE(status.success()) << status.text();
  co_return said;
}

TEST(Child, TellsHowItEnded) {
  run_here([]() -> Task<> {
    Child good = co_await Child::start({.argv = shell("exit 0")});
    EXPECT_TRUE((co_await good.wait()).success());
    Child bad = co_await Child::start({.argv = shell("exit 3")});
    EXPECT_EQ((co_await bad.wait()).text(), "exited with code 3");
    EXPECT_EQ((co_await bad.wait()).code, 3);
    EXPECT_FALSE(bad.running());
    Child killed = co_await Child::start({.argv = shell("kill -TERM $$")});
    EXPECT_EQ((co_await killed.wait()).signal, SIGTERM);
  });
  EXPECT_FALSE(any_child_left());
}

TEST(Child, AProgramThatIsNotThereFailsByName) {
  run_here([]() -> Task<> {
    try {
      co_await Child::start({.argv = {"/no/such/program"}});
      ADD_FAILURE() << "it started";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error.message, "cannot start '/no/such/program': No such file or directory");
    }
  });
  EXPECT_FALSE(any_child_left());
}

TEST(Child, ADirectoryThatIsNotThereIsSaid) {
  run_here([]() -> Task<> {
    try {
      co_await Child::start({.argv = shell("true"), .directory = "/no/such/directory"});
      ADD_FAILURE() << "it started";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error.message,
                "cannot start '/bin/sh': its directory cannot be entered: No such file or directory");
    }
  });
}

TEST(Child, WordsAreGivenAsTheyAre) {
  run_here([]() -> Task<> {
    const std::string said = co_await output_of({.argv = {"/bin/echo", "a b", "$HOME", "`id`", "*"}});
    EXPECT_EQ(said, "a b $HOME `id` *\n");
  });
}

TEST(Child, HasExactlyTheDescriptorsItWasGiven) {
  run_here([]() -> Task<> {
    // Two that are open in us: one passed, one that some library forgot to mark close-on-exec.
    FdPair extra = make_pipe();
    const Fd leaky(::fcntl(extra.second.get(), F_DUPFD, 50));
    ChildOptions options{.argv = shell("ls /proc/$$/fd"), .pass = {extra.first.get()}};
    const std::string said = co_await output_of(options);
    std::vector<std::string> numbers;
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);) numbers.push_back(line);
    const std::vector<std::string> expected{"0", "1", "2", std::to_string(extra.first.get())};
    std::ranges::sort(numbers);
    EXPECT_EQ(numbers, expected);
  });
}

TEST(Child, StandardDescriptorsMayBeOursInAnyOrder) {
  run_here([]() -> Task<> {
    FdPair in = make_pipe(), out = make_pipe();
    Child child = co_await Child::start(
        {.argv = shell("cat; echo error >&2"), .in = in.first.get(), .out = out.second.get(), .err = out.second.get()});
    EXPECT_EQ(::write(in.second.get(), "in\n", 3), 3);
    in.second.reset();
    out.second.reset();
    EXPECT_TRUE((co_await child.wait()).success());
    std::array<char, 100> room;
    const ssize_t size = ::read(out.first.get(), room.data(), room.size());
    EXPECT_EQ(std::string(room.data(), static_cast<std::size_t>(size)), "in\nerror\n");
  });
}

TEST(Child, HasTheEnvironmentDirectoryAndLimitsItWasGiven) {
  run_here([]() -> Task<> {
    ChildOptions options{.argv = shell("echo $WORD; pwd; ulimit -c; ulimit -n")};
    options.env = {"WORD=given"};
    options.directory = "/";
    options.limits = {{RLIMIT_CORE, {0, 0}}, {RLIMIT_NOFILE, {77, 77}}};
    EXPECT_EQ(co_await output_of(options), "given\n/\n0\n77\n");
  });
}

TEST(Child, SignalsAreAsUsualWhateverWeDoWithThem) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  run_here([]() -> Task<> {
    Child child = co_await Child::start({.argv = shell("kill -PIPE $$; exit 0")});
    EXPECT_EQ((co_await child.wait()).signal, SIGPIPE);
  });
  std::signal(SIGPIPE, before);
}

TEST(Child, DropsToAnotherUserWhereWeMay) {
  run_here([]() -> Task<> {
    ChildOptions options{.argv = shell("id -u; id -g; id -G"), .uid = 65534, .gid = 65534, .groups = {65533}};
    if (::getuid() == 0) {
      EXPECT_EQ(co_await output_of(options), "65534\n65534\n65534 65533\n");
    } else {
      EXPECT_THROW(co_await Child::start(options), Failure);
    }
  });
}

TEST(Child, DiesWithItsOwner) {
  pid_t pid = 0;
  run_here([&]() -> Task<> {
    Child child = co_await Child::start({.argv = {"/bin/sleep", "1000"}});
    pid = child.pid();
    EXPECT_TRUE(child.running());
  });
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_FALSE(any_child_left());
}

// As one does whose kernel waits for a disk.
TEST(Child, NobodyWaitsForOneThatIsKilledAndDoesNotEnd) {
  run_here([]() -> Task<> {
    pid_t pid = 0;
    {
      Child child = co_await Child::start({.argv = {"/bin/sleep", "1000"}});
      pid = child.pid();
      EXPECT_EQ(::ptrace(PTRACE_SEIZE, pid, nullptr, PTRACE_O_TRACEEXIT), 0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status >> 8, SIGTRAP | (PTRACE_EVENT_EXIT << 8)) << "it stops where it ends";
    EXPECT_EQ(::ptrace(PTRACE_CONT, pid, nullptr, nullptr), 0);
  });
  EXPECT_FALSE(any_child_left());
}

TEST(Child, DiesWhenItsStartIsCancelled) {
  run_here([]() -> Task<> {
    auto starting = []() -> Task<> { co_await Child::start({.argv = {"/bin/sleep", "1000"}}); };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(starting());
      co_await asio::post(asio::use_awaitable);
      co_await scope.close();
    };
    co_await scoped(body);
  });
  EXPECT_FALSE(any_child_left());
}

TEST(Child, WaitingCanBeCancelledAndBegunAgain) {
  run_here([]() -> Task<> {
    Child child = co_await Child::start({.argv = {"/bin/sleep", "1000"}});
    auto waiting = [&]() -> Task<> { co_await child.wait(); };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(waiting());
      co_await asio::post(asio::use_awaitable);
      co_await scope.close();
    };
    co_await scoped(body);
    child.signal(SIGKILL);
    EXPECT_EQ((co_await child.wait()).signal, SIGKILL);
  });
}

TEST(Child, AReleasedOneLivesOnAndIsFoundAgainByItsStartTime) {
  run_here([]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    pid_t pid = 0;
    std::uint64_t started = 0;
    {
      Child child = co_await Child::start({.argv = {"/bin/sleep", "1000"}});
      pid = child.pid();
      started = child.started();
      child.release();
    }
    EXPECT_FALSE(Child::attach(here, pid, started + 1).has_value());  // a pid used again is another process
    std::optional<Child> again = Child::attach(here, pid, started);
    EXPECT_TRUE(again && again->running());
    if (again) {
      again->signal(SIGTERM);
      EXPECT_EQ((co_await again->wait()).signal, SIGTERM);
    }
    EXPECT_FALSE(Child::attach(here, pid, started).has_value());
  });
  EXPECT_FALSE(any_child_left());
}

TEST(Child, OneThatIsNotOurChildIsWatchedWithoutAnExitCode) {
  run_here([]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    // The shell's child is not ours; it outlives the shell.
    const std::string said = co_await output_of({.argv = shell("sleep 1000 >/dev/null 2>&1 & echo $!")});
    const pid_t pid = std::stoi(said);
    const std::optional<std::uint64_t> started = start_time(pid);
    EXPECT_TRUE(started.has_value());
    std::optional<Child> found = Child::attach(here, pid, started.value_or(0));
    EXPECT_TRUE(found.has_value());
    if (found) {
      found->signal(SIGKILL);
      const ExitStatus status = co_await found->wait();
      EXPECT_FALSE(status.known);
      EXPECT_EQ(status.text(), "ended");
    }
  });
}

}  // namespace
}  // namespace sluice::io
