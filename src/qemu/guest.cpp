#include "qemu/guest.h"

#include <signal.h>
#include <sys/resource.h>

#include "io/scope.h"
#include "qemu/deadline.h"
#include "qemu/log_lines.h"

namespace sluice::qemu {
namespace {

constexpr Duration log_look = std::chrono::seconds(10);

// Once killed, a process is over soon, unless the kernel itself waits for something.
constexpr int kill_patience = 6;

Error stuck(const std::string& what) {
  return {.code = Code::resource_busy, .message = what, .domain = ErrorDomain::qemu};
}

}  // namespace

io::Task<std::shared_ptr<Guest>> Guest::start(GuestSurroundings around, GuestStart start) {
  io::ChildOptions options{.argv = std::move(start.argv)};
  options.env = {"LC_ALL=C", "HOME=/", "PATH=/usr/local/bin:/usr/bin:/bin"};
  options.pass = start.endowment.numbers();
  options.out = start.endowment.log().get();
  options.directory = "/";
  options.limits = {{RLIMIT_CORE, {0, 0}}};  // a core would hold all of the guest's memory
  if (start.account) {
    options.uid = start.account->uid;
    options.gid = start.account->gid;
    options.groups = start.account->groups;
  }
  io::Child child = co_await io::Child::start(std::move(options));
  io::Fd monitor = start.endowment.take_monitor();
  io::Fd log = start.endowment.log().duplicate();
  start.endowment.leave_sockets();
  co_return std::make_shared<Guest>(std::move(around), std::move(child), std::move(monitor), std::move(log));
}

Guest::Guest(GuestSurroundings around, io::Child child, io::Fd monitor, io::Fd log)
    : around_(std::move(around)),
      child_(std::move(child)),
      monitor_(around_.strand, std::move(monitor), around_.clock, [this](const qmp::Notified& event) { told(event); }),
      log_(std::make_shared<io::Fd>(std::move(log))),
      changed_(around_.strand) {}

void Guest::told(const qmp::Notified& event) {
  if (event.event == "MIGRATION") {
    if (const auto status = qmp::read_migration_event(event.data)) migration_ = *status;
    changed_.notify();
  }
  if (told_) told_(event);
}

io::Task<> Guest::attend() {
  // Whatever ends this, also the daemon: the monitor has one client at a time, and the next must find it free.
  struct HangUp {
    MonitorClient& monitor;
    ~HangUp() { monitor.close(); }
  };
  const HangUp hang_up{monitor_};
  co_await io::scoped([this](io::Scope& scope) -> io::Task<> {
    scope.spawn(watch_monitor());
    scope.spawn(insist());
    scope.spawn(keep_log_short());
    status_ = co_await child_.wait();
  });
  left_by_itself_ = left_by_itself_ || (!ending_ && !killed_);
  try {
    last_words_ = co_await around_.disk.run([log = log_] { return last_words(log_tail(*log)); });
  } catch (const std::exception& failed) {
    around_.log.warning("cannot read QEMU's log", {{"reason", failed.what()}});
  }
  over_ = true;
  changed_.notify();
}

// A QEMU that went away is over soon. One that broke the monitor's language cannot be led any more and is ended.
io::Task<> Guest::watch_monitor() {
  std::optional<Error> why;
  try {
    co_await monitor_.run();
  } catch (const io::Failure& failure) {
    why = failure.error;
  }
  if (why && monitor_.broke_the_language()) {
    around_.log.error("QEMU is ended because its monitor cannot be trusted", {{"reason", why->message}});
    kill();
  }
  left_by_itself_ = !ending_ && !killed_;
  insisting_ = true;
  changed_.notify();
}

io::Task<> Guest::insist() {
  co_await changed_.until([this] { return insisting_; });
  co_await around_.clock.sleep_until(around_.clock.now() + around_.deadlines.quit);
  around_.log.warning("QEMU did not end when asked and is killed", {{"pid", pid()}});
  kill();
}

io::Task<> Guest::keep_log_short() {
  for (;;) {
    co_await around_.clock.sleep_until(around_.clock.now() + log_look);
    co_await around_.disk.run([log = log_] { trim_log(*log); });
  }
}

io::Task<> Guest::ready() {
  Error late{
      .code = Code::operation_timeout, .message = "QEMU did not answer after its start", .domain = ErrorDomain::qemu};
  auto negotiated = [](MonitorClient& monitor) -> io::Task<> { co_await monitor.ready(); };
  co_await within(around_.clock, around_.deadlines.start, std::move(late), negotiated(monitor_));
}

io::Task<json::value> Guest::ask(std::string command, json::object arguments) {
  const AskOptions options{.limit = around_.deadlines.command};
  co_return co_await monitor_.ask(command, std::move(arguments), options);
}

io::Task<json::value> Guest::ask_patiently(std::string command, json::object arguments) {
  co_return co_await monitor_.ask(command, std::move(arguments), {});
}

io::Task<> Guest::hand_over(std::string name, const io::Fd& descriptor) {
  const AskOptions options{.limit = around_.deadlines.command, .descriptor = descriptor.get()};
  json::object arguments{{"fdname", name}};
  co_await monitor_.ask("getfd", std::move(arguments), options);
}

void Guest::kill() {
  killed_ = true;
  child_.signal(SIGKILL);
}

void Guest::begin_to_end(bool insist) {
  if (!ending_) child_.signal(SIGTERM);
  ending_ = true;
  insisting_ = insisting_ || insist;
  changed_.notify();
}

io::Task<> Guest::end() {
  begin_to_end();
  co_await until_over();
}

io::Task<> Guest::until_over() {
  auto ended = [](Guest& guest) -> io::Task<> { co_await guest.changed_.until([&guest] { return guest.over_; }); };
  const Duration limit = around_.deadlines.quit * kill_patience;
  co_await within(around_.clock, limit, stuck("QEMU (process " + std::to_string(pid()) + ") cannot be ended"),
                  ended(*this));
}

io::Task<> Guest::until_migrated(Duration limit) {
  auto settled = [](Guest& guest) -> io::Task<> {
    co_await guest.changed_.until([&guest] {
      using enum qmp::MigrationStatus;
      const auto now = guest.migration_;
      return now == completed || now == failed || now == cancelled || guest.over_ || guest.monitor_.over();
    });
  };
  Error late{.code = Code::operation_timeout,
             .message = "QEMU did not say how the transfer of the machine's state ended",
             .domain = ErrorDomain::qemu};
  co_await within(around_.clock, limit, std::move(late), settled(*this));
}

Error Guest::explain(Error first) const {
  if (monitor_.broke_the_language()) return *monitor_.over();
  if (!over_) return first;
  // One that failed may have been told to end in the same moment; what it said and how it ended is still the reason.
  const bool failed = status_ && status_->known && !status_->success() && status_->signal != SIGTERM &&
                      !(killed_ && status_->signal == SIGKILL);
  if (!left_by_itself_ && !failed) return first;
  const std::string how = status_ ? status_->text() : "ended";
  Error why{.code = Code::operation_failed, .message = "QEMU " + how, .domain = ErrorDomain::qemu};
  if (!last_words_.empty()) why.message += ": " + last_words_;
  return why;
}

}  // namespace sluice::qemu
