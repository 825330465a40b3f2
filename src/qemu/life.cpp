// From start to end.
#include "io/failure.h"
#include "io/undo.h"
#include "qemu/buildable.h"
#include "qemu/machine.h"
#include "qemu/vnc_ports.h"

namespace sluice::qemu {

using model::DomainSpec;

io::Task<> QemuMachine::start(driver::StartOptions options) {
  return here([self = shared_from_this(), options]() -> Task<> {
    if (!self->defined_) io::fail(Code::no_domain, self->quoted() + " is not defined", ErrorDomain::qemu);
    co_await self->boot(*self->defined_, options);
  });
}

io::Task<> QemuMachine::create(DomainSpec spec, driver::StartOptions options) {
  return here([self = shared_from_this(), spec = std::move(spec), options] { return self->boot(spec, options); });
}

io::Task<> QemuMachine::boot(DomainSpec spec, driver::StartOptions options) {
  // A guest that powered off is gone in a moment, unless it shall be kept for inspection.
  if (life_.phase() == model::Phase::shutting_down) {
    if (!guest_->ending()) throw io::Failure(life_.why_not(name_));
    co_await gone(guest_);
  }
  require(model::Step::start);
  take(model::Step::start);
  auto work = [&]() -> Task<> {
    co_await launch(std::move(spec), false);
    co_await settle(options.paused ? model::Step::started_paused : model::Step::started, !options.paused);
  };
  auto undo = [&](Error why) -> Task<Error> {
    why = co_await io::undisturbed(strand_, [this, why] { return abandon(model::Step::start_failed, why); });
    co_return why.while_doing("cannot start " + quoted());
  };
  co_await io::or_undo(work, undo);
  log_.info("machine started", {{"pid", guest_ ? guest_->pid() : 0}});
}

// Until QEMU is there, stopped, and asked what only it knows.
io::Task<> QemuMachine::launch(DomainSpec spec, bool incoming) {
  struct Prepared {
    DomainSpec spec;
    Endowment endowment;
  };
  spec = co_await resolved(*household_, std::move(spec));
  const Emulator emulator = co_await household_->emulators.find(emulator_of(*household_, spec));
  auto gather = [spec, where = directory(), account = household_->account]() mutable {
    Prepared prepared{.spec = std::move(spec), .endowment = {}};
    prepared.endowment = Endowment::gather(prepared.spec, where, account);
    return prepared;
  };
  Prepared prepared = co_await household_->around.disk.run(std::move(gather));
  prepared.endowment.supplies().incoming = incoming;
  GuestStart start{.argv = io::or_throw(command_line(prepared.spec, prepared.endowment.supplies())),
                   .endowment = std::move(prepared.endowment),
                   .account = household_->account};
  start.argv.insert(start.argv.begin(), emulator.path);
  const std::shared_ptr<Guest> guest = co_await Guest::start(guest_surroundings(), std::move(start));

  // A cancellation that comes between here and the attendant would leave a QEMU that nobody looks after.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  guest_ = guest;
  live_ = std::move(prepared.spec);
  id_ = household_->next_id();
  ending_ = model::Step::died;
  reboot_wanted_ = restarting_ = disk_failed_ = false;
  guest->on_event([this](const qmp::Notified& event) { happened(event); });
  changed_.notify();
  co_await hire(guest);
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_await note(incoming ? "restore" : "start", false);
  guest->release();
  co_await guest->ready();
  co_await set_up(*guest, incoming);
}

io::Task<> QemuMachine::set_up(Guest& guest, bool incoming) {
  const json::object events{{"capability", "events"}, {"state", true}};
  co_await guest.ask("migrate-set-capabilities", {{"capabilities", json::array{events}}});
  co_await learn_facts(guest);
  const model::Devices& devices = live_->devices;
  for (const model::Graphics& graphics : devices.graphics) {
    if (graphics.password.empty()) continue;
    co_await guest.ask("set_password", {{"protocol", "vnc"}, {"password", graphics.password}});
  }
  for (std::size_t i = 0; i < devices.interfaces.size(); ++i) {
    if (devices.interfaces[i].link_up) continue;
    co_await guest.ask("set_link", {{"name", "net" + std::to_string(i)}, {"up", false}});
  }
  const bool balloon = !devices.balloon || devices.balloon->model != model::Balloon::none;
  const std::uint64_t wanted = live_->current_memory_kib;
  if (!incoming && balloon && wanted != 0 && wanted < live_->memory_kib) {
    co_await guest.ask("balloon", {{"value", wanted * 1024}});
  }
}

io::Task<> QemuMachine::learn_facts(Guest& guest) {
  facts_ = {.id = id_};
  const json::value characters = co_await guest.ask("query-chardev");
  const auto devices = io::or_throw(qmp::read_character_devices(characters));
  const auto pty_of = [&devices](const std::string& label) -> std::string {
    for (const qmp::CharacterDevice& each : devices) {
      if (each.label == label) return qmp::pty_path(each).value_or("");
    }
    return {};
  };
  for (std::size_t i = 0; i < serial_lines(*live_).size(); ++i) facts_.serial_ptys.push_back(pty_of(serial_label(i)));
  for (std::size_t i = 0; i < live_->devices.consoles.size(); ++i) {
    facts_.console_ptys.push_back(pty_of(console_label(i)));
  }
  for (const model::Interface& interface : live_->devices.interfaces) facts_.tap_devices.push_back(interface.target);
  if (live_->devices.graphics.empty()) co_return;
  const json::value servers = co_await guest.ask("query-vnc-servers");
  facts_.vnc_ports = io::or_throw(read_vnc_ports(servers, live_->devices.graphics.size()));
}

io::Task<> QemuMachine::settle(model::Step step, bool run) {
  const std::shared_ptr<Guest> guest = guest_;
  // The note first: a guest that ran and wrote to its disks no longer fits the state it came from.
  co_await note("", false);
  if (run) co_await guest->ask("cont");
  if (guest->over() || guest != guest_) refuse("QEMU ended");
  take(step);
}

io::Task<Error> QemuMachine::abandon(model::Step step, Error why) {
  const std::shared_ptr<Guest> guest = guest_;
  if (!guest) {
    take(step);
    changed_.notify();
    co_return why;
  }
  // Unless it is being destroyed anyway. A guest that ran already when its start was cancelled is destroyed, too.
  if (ending_ == model::Step::died) ending_ = life_.allows(step) ? step : model::Step::destroy;
  try {
    co_await guest->end();
    co_await gone(guest);
  } catch (const io::Failure& failure) {
    log_.error("an unwanted QEMU is still there", {{"reason", failure.error.message}});
  }
  if (why.code == Code::operation_aborted) co_return why;
  co_return guest->explain(std::move(why));
}

// Whoever waits for this guest's end relies on the attendant, so a cancellation must not get between.
io::Task<> QemuMachine::hire(std::shared_ptr<Guest> guest) {
  auto attendant = [self = shared_from_this(), guest] { return self->attend(guest); };
  auto spawn = [this, &attendant] { return household_->spawn(io::on(strand_, attendant)); };
  co_await io::undisturbed(strand_, spawn);
}

io::Task<> QemuMachine::attend(std::shared_ptr<Guest> guest) {
  co_await io::scoped([this, &guest](io::Scope& scope) -> Task<> {
    scope.spawn(react());
    co_await guest->attend();
  });
  co_await io::undisturbed(strand_, [this, guest] { return ended(guest); });
}

io::Task<> QemuMachine::ended(std::shared_ptr<Guest> guest) {
  Error why = guest->explain(
      {.code = Code::operation_aborted, .message = quoted() + " was ended", .domain = ErrorDomain::qemu});
  if (under_way_) io::Alarm::raise(under_way_->alarm, why);
  co_await clear_away();
  if (ending_ == model::Step::died && life_.phase() != model::Phase::shutting_down) {
    log_.warning("machine ended unexpectedly", {{"reason", why.message}});
  }
  guest_.reset();
  live_.reset();
  facts_ = {};
  id_ = -1;
  reactions_.clear();
  if (!take(ending_)) take(model::Step::died);
  if (!defined_) household_->forget(*this);
  changed_.notify();
}

io::Task<> QemuMachine::clear_away() {
  const auto clear = [spec = *live_, where = directory(), transient = !defined_] {
    remove_sockets(spec, where);
    if (transient) where.remove();
  };
  try {
    co_await household_->store([uuid = uuid_](driver::Store& store) { store.remove_running(uuid); });
    co_await household_->around.disk.run(clear);
  } catch (const std::exception& failed) {
    log_.error("cannot clear away what belonged to QEMU", {{"reason", failed.what()}});
  }
}

io::Task<> QemuMachine::gone(std::shared_ptr<Guest> guest) {
  co_await changed_.until([this, &guest] { return guest_ != guest || household_->closed(); });
}

io::Task<> QemuMachine::note(std::string job, bool was_running) {
  if (!guest_ || !live_) refuse("QEMU ended");
  const driver::RunningNote note{.uuid = uuid_,
                                 .live_xml = print_domain(*live_, {.secure = true}),
                                 .pid = guest_->pid(),
                                 .started = guest_->started(),
                                 .job = std::move(job),
                                 .was_running = was_running};
  co_await household_->store([note](driver::Store& store) { store.put(note); });
}

io::Task<> QemuMachine::destroy(driver::DestroyOptions options) {
  return here([self = shared_from_this(), options] { return self->destroy_here(options); });
}

// Allowed at any time: what is under way on the machine fails, and says so.
io::Task<> QemuMachine::destroy_here(driver::DestroyOptions options) {
  require(model::Step::destroy);
  // Where its start has only begun there is nothing yet to end.
  co_await changed_.until([this] { return guest_ != nullptr || !life_.is_active(); });
  const std::shared_ptr<Guest> guest = guest_for(model::Step::destroy);
  ending_ = model::Step::destroy;
  guest->begin_to_end(!options.graceful);
  try {
    co_await guest->until_over();
  } catch (const io::Failure& failure) {
    throw io::Failure(failure.error.while_doing("cannot destroy " + quoted()));
  }
  co_await gone(guest);
  log_.info("machine destroyed");
}

}  // namespace sluice::qemu
