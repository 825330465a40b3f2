// What a running guest can be told, and what it tells.
#include "io/failure.h"
#include "qemu/machine.h"

namespace sluice::qemu {

io::Task<> QemuMachine::pause() {
  return here([self = shared_from_this()] { return self->pause_here(); });
}
io::Task<> QemuMachine::resume() {
  return here([self = shared_from_this()] { return self->resume_here(); });
}
io::Task<> QemuMachine::shutdown(driver::ShutdownOptions options) {
  return here([self = shared_from_this(), options] { return self->shutdown_here(options); });
}
io::Task<> QemuMachine::reset() {
  return here([self = shared_from_this()] { return self->reset_here(); });
}

io::Task<std::optional<driver::ActiveJob>> QemuMachine::job() {
  return here([self = shared_from_this()]() -> Task<std::optional<driver::ActiveJob>> {
    if (!self->under_way_) co_return std::nullopt;
    const driver::Job& job = *self->under_way_->job;
    co_return driver::ActiveJob{.kind = job.kind(), .progress = job.progress()};
  });
}

io::Task<> QemuMachine::abort_job() {
  return here([self = shared_from_this()]() -> Task<> {
    if (!io::or_throw(self->slot_.cancel(self->name_))) co_return;
    const std::string what = self->quoted() + " is no longer " + std::string(doing(self->slot_.kind()));
    io::Alarm::raise(
        self->under_way_->alarm,
        {.code = Code::operation_aborted, .message = what + ": somebody aborted it", .domain = ErrorDomain::qemu});
  });
}

void QemuMachine::begin_job(UnderWay job) {
  const bool saves = job.job->kind() == driver::JobKind::save;
  io::or_throw(slot_.begin(name_, saves ? model::JobKind::save : model::JobKind::restore));
  under_way_ = std::move(job);
}

void QemuMachine::end_job() {
  if (!under_way_) return;
  under_way_.reset();
  slot_.end();
}

// Events arrive before the answer to the command that caused them, so they are what moves the machine on.

io::Task<> QemuMachine::pause_here() {
  const std::shared_ptr<Guest> guest = guest_for(model::Step::pause);
  if (life_.phase() == model::Phase::paused) co_return;
  co_await guest->ask("stop");
  if (life_.phase() != model::Phase::paused) refuse(quoted() + " ended instead of pausing");
}

io::Task<> QemuMachine::resume_here() {
  const std::shared_ptr<Guest> guest = guest_for(model::Step::resume);
  if (life_.phase() == model::Phase::running) co_return;
  co_await guest->ask("cont");
  if (life_.phase() != model::Phase::running) refuse(quoted() + " did not go on");
}

io::Task<> QemuMachine::shutdown_here(driver::ShutdownOptions options) {
  const std::shared_ptr<Guest> guest = guest_for(model::Step::shutdown_request);
  reboot_wanted_ = options.reboot;
  co_await guest->ask("system_powerdown");
}

io::Task<> QemuMachine::reset_here() {
  const std::shared_ptr<Guest> guest = guest_for(model::Step::reset);
  co_await guest->ask("system_reset");
}

void QemuMachine::happened(const qmp::Notified& event) {
  if (event.event == "STOP") {
    if (!restarting_) take(disk_failed_ ? model::Step::disk_error : model::Step::pause);
    disk_failed_ = false;
  } else if (event.event == "RESUME") {
    if (!restarting_) take(model::Step::resume);
  } else if (event.event == "SHUTDOWN") {
    // Without the guest's own wish it is our signal that ends QEMU, and the end itself will be noticed.
    const auto shutdown = qmp::read_shutdown_event(event.data);
    if (shutdown && shutdown->guest) powered_off();
  } else if (event.event == "GUEST_PANICKED") {
    panicked();
  } else if (event.event == "BLOCK_IO_ERROR") {
    const json::value* const action = event.data.if_contains("action");
    disk_failed_ = action != nullptr && action->is_string() && action->get_string() == "stop";
  }
}

void QemuMachine::powered_off() {
  const bool restart = reboot_wanted_ || live_->on_poweroff == model::OnEvent::restart;
  reboot_wanted_ = false;
  if (restart) return restart_guest();
  take(model::Step::guest_shutdown);
  if (live_->on_poweroff != model::OnEvent::preserve) guest_->begin_to_end();
}

void QemuMachine::panicked() {
  log_.warning("the guest panicked");
  if (live_->on_crash == model::OnEvent::restart) return restart_guest();
  take(model::Step::panic);
  if (live_->on_crash == model::OnEvent::destroy) guest_->begin_to_end();
}

void QemuMachine::restart_guest() {
  restarting_ = true;
  reactions_.emplace_back([this, guest = guest_]() -> Task<> {
    co_await guest->ask("system_reset");
    co_await guest->ask("cont");
    restarting_ = false;
  });
  changed_.notify();
}

// What an event demands of QEMU: events arrive where nothing can be awaited.
io::Task<> QemuMachine::react() {
  for (;;) {
    co_await changed_.until([this] { return !reactions_.empty(); });
    const auto reaction = std::move(reactions_.front());
    reactions_.pop_front();
    try {
      co_await reaction();
    } catch (const io::Failure& failure) {
      restarting_ = false;
      log_.error("cannot follow what the guest did", {{"reason", failure.error.message}});
    }
  }
}

}  // namespace sluice::qemu
