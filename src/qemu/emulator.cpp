#include "qemu/emulator.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "io/child.h"
#include "io/scope.h"
#include "qemu/deadline.h"
#include "qemu/log_lines.h"
#include "qemu/machine_directory.h"
#include "qemu/monitor_client.h"

namespace sluice::qemu {
namespace {

std::string find_program(const std::string& wanted) {
  if (wanted.find('/') != std::string::npos) return wanted;
  const char* const set = ::getenv("PATH");
  const std::string path = set != nullptr && *set != '\0' ? set : "/usr/local/bin:/usr/bin:/bin";
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string candidate = path.substr(begin, end - begin) + "/" + wanted;
    if (candidate.front() == '/' && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  io::fail(Code::operation_failed, "there is no program '" + wanted + "' in " + path, ErrorDomain::qemu);
}

struct Answers {
  qmp::Version version;
  std::vector<qmp::MachineType> machines;
};

io::Task<> question(MonitorClient& monitor, Duration limit, Answers& out) {
  out.version = co_await monitor.ready();
  const json::value machines = co_await monitor.ask("query-machines", {}, {.limit = limit});
  out.machines = io::or_throw(qmp::read_machine_types(machines));
  co_await monitor.ask("quit", {}, {.limit = limit});
}

}  // namespace

std::optional<std::string> Emulator::canonical(std::string_view machine) const {
  const auto found = std::ranges::find_if(machines, [machine](const qmp::MachineType& each) {
    return machine.empty() ? each.is_default : each.alias == machine || each.name == machine;
  });
  if (found == machines.end()) return std::nullopt;
  return found->name;
}

io::Task<Emulator> Emulators::find(std::string wanted) {
  struct Found {
    std::string path;
    struct stat about;
  };
  const Found found = co_await disk_.run([wanted] {
    Found looked{.path = find_program(wanted), .about = {}};
    if (::stat(looked.path.c_str(), &looked.about) != 0) {
      io::fail_with_errno("cannot find QEMU's program '" + looked.path + "'");
    }
    return looked;
  });
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(found.path);
    if (known != known_.end() && known->second.inode == found.about.st_ino &&
        known->second.device == found.about.st_dev && known->second.changed.tv_sec == found.about.st_mtim.tv_sec &&
        known->second.changed.tv_nsec == found.about.st_mtim.tv_nsec) {
      co_return known->second.emulator;
    }
  }
  Emulator emulator = co_await ask(found.path);
  const std::lock_guard lock(mutex_);
  known_[found.path] = {found.about.st_dev, found.about.st_ino, found.about.st_mtim, emulator};
  co_return emulator;
}

io::Task<Emulator> Emulators::ask(std::string path) {
  const io::Executor executor = co_await asio::this_coro::executor;
  io::FdPair pair = io::make_socket_pair();
  const io::Fd words(::memfd_create("qemu-output", MFD_CLOEXEC));
  if (!words) io::fail_with_errno("cannot make a place for QEMU's output");
  const std::string number = std::to_string(pair.second.get());
  io::ChildOptions options{
      .argv = {path, "-S", "-no-user-config", "-nodefaults", "-display", "none", "-machine", "none,accel=tcg",
               "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny", "-chardev",
               "socket,id=charmonitor,fd=" + number, "-mon", "chardev=charmonitor,id=monitor,mode=control"}};
  options.env = {"LC_ALL=C", "HOME=/", "PATH=/usr/local/bin:/usr/bin:/bin"};
  options.pass = {pair.second.get()};
  options.out = words.get();
  options.directory = "/";
  if (account_) {
    options.uid = account_->uid;
    options.gid = account_->gid;
    options.groups = account_->groups;
  }
  io::Child child = co_await io::Child::start(std::move(options));
  pair.second.reset();

  MonitorClient monitor(executor, std::move(pair.first), clock_, [](const qmp::Notified&) {});
  Answers answers;
  std::optional<Error> why;
  try {
    Error late{.code = Code::operation_timeout, .message = "it does not answer", .domain = ErrorDomain::qemu};
    co_await io::scoped([&](io::Scope& scope) -> io::Task<> {
      scope.spawn(monitor.run());
      co_await within(clock_, deadlines_.start, late, question(monitor, deadlines_.command, answers));
    });
  } catch (const io::Failure& failure) {
    why = failure.error;
  }
  if (!why) co_return Emulator{.path = path, .version = answers.version, .machines = std::move(answers.machines)};

  // If it ended by itself its own words say why; they are complete once it is over.
  child.signal(SIGKILL);
  const io::ExitStatus status = co_await child.wait();
  const std::string said = last_words(log_tail(words));
  const std::string reason = said.empty() ? why->message + " (it " + status.text() + ")" : said;
  io::fail(why->code, "cannot ask '" + path + "' what it can do: " + reason, ErrorDomain::qemu);
}

}  // namespace sluice::qemu
