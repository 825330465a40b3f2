// What a running guest can be told, and what it tells.
#include "io/failure.h"
#include "qemu/machine.h"

namespace sluice::qemu {

using driver::RunState;

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

io::Task<> QemuMachine::pause_here() {
  const std::shared_ptr<Guest> guest = running_guest("pause");
  if (standing_.state == RunState::paused) co_return;
  stop_as_ = standing::paused_user;
  co_await guest->ask("stop");
  if (guest != guest_ || standing_.state != RunState::paused) refuse("cannot pause " + quoted() + ": it ended");
  tell(happening::suspended_paused);
}

io::Task<> QemuMachine::resume_here() {
  const std::shared_ptr<Guest> guest = running_guest("resume");
  if (standing_.state == RunState::running) refuse("cannot resume " + quoted() + ": it is already running");
  resume_as_ = standing::running_unpaused;
  co_await guest->ask("cont");
  if (guest != guest_ || standing_.state != RunState::running)
    refuse("cannot resume " + quoted() + ": it did not go on");
  tell(happening::resumed_unpaused);
}

io::Task<> QemuMachine::shutdown_here(driver::ShutdownOptions options) {
  const std::shared_ptr<Guest> guest = running_guest(options.reboot ? "reboot" : "shut down");
  if (standing_.state == RunState::paused) {
    refuse("cannot shut down " + quoted() + ": it is paused and would not notice");
  }
  reboot_wanted_ = options.reboot;
  co_await guest->ask("system_powerdown");
}

io::Task<> QemuMachine::reset_here() {
  const std::shared_ptr<Guest> guest = running_guest("reset");
  co_await guest->ask("system_reset");
}

void QemuMachine::happened(const qmp::Notified& event) {
  const auto action = [&event]() -> std::string_view {
    const json::value* value = event.data.if_contains("action");
    return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view{};
  };
  if (event.event == "STOP") {
    stopped();
  } else if (event.event == "RESUME") {
    standing_ = resume_as_;
    resume_as_ = standing::running_unpaused;
  } else if (event.event == "SHUTDOWN") {
    // Without the guest's own wish it is our signal that ends QEMU, and the end itself will be noticed.
    const auto shutdown = qmp::read_shutdown_event(event.data);
    if (shutdown && shutdown->guest) powered_off();
  } else if (event.event == "GUEST_PANICKED") {
    panicked();
  } else if (event.event == "BLOCK_IO_ERROR" && action() == "stop") {
    stop_as_ = standing::paused_io_error;
  } else if (event.event == "WATCHDOG" && action() == "pause") {
    stop_as_ = standing::paused_watchdog;
  }
}

void QemuMachine::stopped() {
  if (standing_.state != RunState::running) return;  // a guest that powered off, or that a panic stopped
  standing_ = stop_as_;
  stop_as_ = standing::paused_unknown;
  if (standing_ == standing::paused_io_error) tell(happening::suspended_io_error);
  if (standing_ == standing::paused_watchdog) tell(happening::suspended_watchdog);
}

void QemuMachine::powered_off() {
  const bool restart = reboot_wanted_ || live_->on_poweroff == model::OnEvent::restart;
  reboot_wanted_ = false;
  if (restart) {
    resume_as_ = standing::running_booted;
    reactions_.emplace_back([guest = guest_]() -> Task<> {
      co_await guest->ask("system_reset");
      co_await guest->ask("cont");
    });
    changed_.notify();
    return;
  }
  tell(happening::shut_down_by_guest);
  if (live_->on_poweroff == model::OnEvent::preserve) {
    standing_ = standing::paused_shutting_down;
    return;
  }
  standing_ = standing::shutting_down;
  ending_ = {.standing = standing::off_shutdown, .happening = happening::stopped_shutdown};
  guest_->begin_to_end();
}

void QemuMachine::panicked() {
  log_.warning("the guest panicked");
  standing_ = standing::crashed_panicked;
  tell(happening::crashed);
  switch (live_->on_crash) {
    case model::OnEvent::preserve: return;
    case model::OnEvent::destroy:
      ending_ = {.standing = standing::off_crashed, .happening = happening::stopped_crashed};
      guest_->begin_to_end();
      return;
    case model::OnEvent::restart:
      resume_as_ = standing::running_booted;
      reactions_.emplace_back([guest = guest_]() -> Task<> {
        co_await guest->ask("system_reset");
        co_await guest->ask("cont");
      });
      changed_.notify();
      return;
  }
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
      log_.error("cannot follow what the guest did", {{"reason", failure.error.message}});
    }
  }
}

}  // namespace sluice::qemu
