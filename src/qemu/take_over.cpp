// A QEMU that an earlier daemon left: found again by its process, asked how it is, and put in order.
#include <csignal>

#include "io/failure.h"
#include "io/undo.h"
#include "qemu/local_socket.h"
#include "qemu/machine.h"

namespace sluice::qemu {

io::Task<> QemuMachine::take_over(driver::RunningNote note) {
  return here([self = shared_from_this(), note = std::move(note)] { return self->take_over_here(note); });
}

io::Task<> QemuMachine::take_over_here(driver::RunningNote note) {
  live_ = io::or_throw(model::parse_domain(note.live_xml));
  std::optional<io::Child> child = io::Child::attach(strand_, note.pid, note.started);
  if (!child) {
    log_.info("the machine ended while no daemon was there");
    co_await clear_away();
    live_.reset();
    co_return;
  }
  child->release();  // as before: this daemon may end as well
  struct Found {
    io::Fd monitor, log;
  };
  // Without its monitor a guest cannot be led; the failure ends it.
  std::optional<Found> found;
  std::optional<Error> why;
  try {
    found.emplace(co_await household_->around.disk.run(
        [where = directory()] { return Found{.monitor = connect_at(where.monitor()), .log = where.reopen_log()}; }));
  } catch (const io::Failure& failure) {
    why = failure.error;
  }
  if (!found) {
    log_.error("a QEMU without its monitor is ended", {{"pid", note.pid}, {"reason", why->message}});
    child->signal(SIGKILL);
    co_await child->wait();
    co_await clear_away();
    live_.reset();
    life_ = model::Life(model::Phase::shut_off, 5, 6);
    co_return;
  }

  const auto guest = std::make_shared<Guest>(guest_surroundings(), std::move(*child), std::move(found->monitor),
                                             std::move(found->log));
  guest_ = guest;
  id_ = household_->next_id();
  life_ = model::Life(model::Phase::starting, 3, 11);
  ending_ = model::Step::died;
  guest->on_event([this](const qmp::Notified& event) { happened(event); });
  co_await hire(guest);
  auto work = [&] { return resume_after_restart(*guest, note); };
  auto undo = [&](Error failed) -> Task<Error> {
    return io::undisturbed(strand_, [this, failed] { return abandon(model::Step::start_failed, failed); });
  };
  why.reset();
  try {
    co_await io::or_undo(work, undo);
  } catch (const io::Failure& failure) {
    why = failure.error;
  }
  if (why) log_.error("a QEMU that could not be taken over was ended", {{"pid", note.pid}, {"reason", why->message}});
}

io::Task<> QemuMachine::resume_after_restart(Guest& guest, driver::RunningNote left) {
  co_await guest.ready();
  const json::value answer = co_await guest.ask("query-status");
  const qmp::Status status = io::or_throw(qmp::read_status(answer));
  if (left.job == "start" || left.job == "restore" || status.status == "inmigrate") {
    refuse("its start was not finished");
  }
  co_await learn_facts(guest);
  using model::Phase;
  if (left.job == "save") {
    // Who wanted the state is gone with the daemon, so the guest goes on as if nobody had asked.
    co_await cancel_migration(guest);
    if (left.was_running && !status.running) co_await guest.ask("cont");
    life_ = left.was_running ? model::Life(Phase::running, 1, 7) : model::Life(Phase::paused, 3, 1);
    log_.info("a save that the previous daemon did not finish was canceled");
    co_await note("", false);
  } else if (status.running) {
    life_ = model::Life(Phase::running, 1, 1);
  } else {
    life_ = status.status == "io-error" ? model::Life(Phase::paused, 3, 5) : model::Life(Phase::paused, 3, 1);
  }
  // What happened while nobody listened.
  if (status.status == "shutdown") powered_off();
  if (status.status == "guest-panicked") panicked();
  log_.info("machine found again", {{"pid", guest.pid()}, {"status", status.status}});
}

}  // namespace sluice::qemu
