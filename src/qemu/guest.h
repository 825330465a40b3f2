#pragma once
// Guest is one QEMU process with its monitor: started or taken over, asked, watched until it is over. What that means
// for the machine is the machine's affair (machine.h). Lives on the machine's strand, held by shared pointers.
//
//   auto guest = co_await Guest::start(around, std::move(start));
//   spawn(guest->attend());                           // somebody must, until it is over or the daemon goes
//   co_await guest->ready();
//   co_await guest->ask("cont");
//   co_await guest->end();                            // SIGTERM, then SIGKILL; returns when it is over

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/child.h"
#include "io/disk.h"
#include "io/log.h"
#include "qemu/condition.h"
#include "qemu/endowment.h"
#include "qemu/host.h"
#include "qemu/monitor_client.h"
#include "qmp/answers.h"

namespace sluice::qemu {

struct GuestSurroundings {
  io::Executor strand;
  io::Disk& disk;
  io::Clock& clock;
  io::Logger log;
  Deadlines deadlines;
};

struct GuestStart {
  std::vector<std::string> argv;
  Endowment endowment;
  std::optional<Account> account;
};

class Guest {
 public:
  static io::Task<std::shared_ptr<Guest>> start(GuestSurroundings around, GuestStart start);
  Guest(GuestSurroundings around, io::Child child, io::Fd monitor, io::Fd log);

  // Every event of the monitor goes there, on the strand.
  void on_event(std::function<void(const qmp::Notified&)> told) { told_ = std::move(told); }
  io::Task<> attend();
  void release() { child_.release(); }  // it outlives the daemon from now on

  io::Task<> ready();  // negotiated
  // One command, answered within the usual deadline. `command` names it in errors.
  io::Task<json::value> ask(std::string command, json::object arguments = {});
  io::Task<json::value> ask_patiently(std::string command, json::object arguments = {});  // no deadline
  io::Task<> hand_over(std::string name, const io::Fd& descriptor);                       // getfd

  io::Task<> end();                       // until it is over
  void begin_to_end(bool insist = true);  // SIGTERM now, SIGKILL after a while if we insist
  void kill();
  io::Task<> until_over();
  bool over() const { return over_; }
  bool ending() const { return ending_; }  // on our wish
  bool left_by_itself() const { return left_by_itself_; }

  // The reason that helps most: what is wrong with its monitor, QEMU's last words if it left by itself, else `first`.
  Error explain(Error first) const;

  // The last status the event MIGRATION told, and waiting for one that is final.
  qmp::MigrationStatus migration() const { return migration_; }
  void forget_migration() { migration_ = qmp::MigrationStatus::none; }
  io::Task<> until_migrated(Duration limit);  // or Code::operation_timeout

  std::int32_t pid() const { return child_.pid(); }
  std::uint64_t started() const { return child_.started(); }

 private:
  io::Task<> watch_monitor();
  io::Task<> insist();
  io::Task<> keep_log_short();
  void told(const qmp::Notified& event);

  GuestSurroundings around_;
  io::Child child_;
  MonitorClient monitor_;
  std::shared_ptr<io::Fd> log_;
  std::function<void(const qmp::Notified&)> told_;
  Condition changed_;
  qmp::MigrationStatus migration_ = qmp::MigrationStatus::none;
  bool ending_ = false, insisting_ = false, over_ = false, left_by_itself_ = false, killed_ = false;
  std::optional<io::ExitStatus> status_;
  std::string last_words_;
};

// User and system time of a process; 0 if it is gone.
std::uint64_t cpu_time_ns(std::int32_t pid);

}  // namespace sluice::qemu
