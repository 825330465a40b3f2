#include "driver/memory_machine.h"

#include <algorithm>

#include "model/domain_xml.h"

namespace sluice::driver {

using model::DomainSpec;
using model::Step;

MemoryMachine::MemoryMachine(std::shared_ptr<MemoryHouse> house, Uuid uuid, std::string name)
    : house_(std::move(house)), uuid_(uuid), name_(std::move(name)) {}

// Every verb enters the strand here and holds the machine until it is through.

Task<MachineRef> MemoryMachine::ref() {
  return here([self = shared_from_this()]() -> Task<MachineRef> {
    co_return MachineRef{.name = self->name_, .uuid = self->uuid_, .id = self->id_};
  });
}
Task<MachineInfo> MemoryMachine::info() {
  return here([self = shared_from_this()]() -> Task<MachineInfo> { co_return self->info_here(); });
}
Task<std::string> MemoryMachine::xml(XmlOptions options) {
  return here([self = shared_from_this(), options]() -> Task<std::string> { co_return self->xml_here(options); });
}
Task<bool> MemoryMachine::persistent() {
  return here([self = shared_from_this()]() -> Task<bool> { co_return self->defined_.has_value(); });
}
Task<bool> MemoryMachine::autostart() {
  return here([self = shared_from_this()]() -> Task<bool> { co_return self->autostart_; });
}

Task<> MemoryMachine::set_autostart(bool on) {
  return here([self = shared_from_this(), on]() -> Task<> {
    self->refuse_if_closed();
    if (!self->defined_) {
      self->refuse(self->quoted() + " is transient: only a defined machine can be started with the host");
    }
    self->autostart_ = on;
    co_return;
  });
}

Task<> MemoryMachine::start(StartOptions options) {
  return here([self = shared_from_this(), options]() -> Task<> {
    self->refuse_if_closed();
    if (!self->defined_) self->refuse(self->quoted() + " is not defined", Code::no_domain);
    self->start_here(*self->defined_, options);
    co_return;
  });
}

Task<> MemoryMachine::shutdown(ShutdownOptions options) {
  return here([self = shared_from_this(), options]() -> Task<> {
    self->take(Step::shutdown_request);
    if (self->house_->faults().ignores_shutdown || !self->guest_->runs()) co_return;
    if (options.reboot) {
      self->guest_->reboot(self->now());
    } else {
      self->power_off();
    }
  });
}

Task<> MemoryMachine::reset() {
  return here([self = shared_from_this()]() -> Task<> {
    self->take(Step::reset);
    self->guest_->reboot(self->now());
    co_return;
  });
}

// Allowed at any time: what is under way on the machine fails, and says so.
Task<> MemoryMachine::destroy(DestroyOptions) {
  return here([self = shared_from_this()]() -> Task<> {
    self->take(Step::destroy);
    self->vanish(self->quoted() + " was destroyed");
    co_return;
  });
}

Task<> MemoryMachine::pause() {
  return here([self = shared_from_this()]() -> Task<> {
    self->take(Step::pause);
    self->guest_->stand_still(self->now());
    co_return;
  });
}

Task<> MemoryMachine::resume() {
  return here([self = shared_from_this()]() -> Task<> {
    self->take(Step::resume);
    self->guest_->run(self->now());
    co_return;
  });
}

Task<> MemoryMachine::undefine() {
  return here([self = shared_from_this()]() -> Task<> {
    self->refuse_if_closed();
    if (!self->defined_) self->refuse("cannot undefine " + self->quoted() + ": it is transient");
    self->defined_.reset();
    self->autostart_ = false;
    self->tell({.events = {{.event = 1, .detail = 0}}});
    self->forget_if_nothing();
    co_return;
  });
}

Task<std::optional<ActiveJob>> MemoryMachine::job() {
  return here([self = shared_from_this()]() -> Task<std::optional<ActiveJob>> {
    if (!self->jobs_.busy()) co_return std::nullopt;
    co_return ActiveJob{.kind = self->job_->kind(), .progress = self->job_->progress()};
  });
}

Task<> MemoryMachine::abort_job() {
  return here([self = shared_from_this()]() -> Task<> {
    if (!io::or_throw(self->jobs_.cancel(self->name_))) co_return;
    io::Alarm::raise(self->job_alarm_,
                     {.code = Code::operation_aborted, .message = "the job of " + self->quoted() + " was aborted"});
  });
}

void MemoryMachine::refuse(const std::string& why, Code code) const { io::fail(code, why, ErrorDomain::domain); }

void MemoryMachine::refuse_if_closed() const {
  if (house_->closed) refuse("the host of " + quoted() + " is closed");
}

void MemoryMachine::refuse_if_busy() const {
  if (jobs_.busy()) refuse(quoted() + " is " + std::string(model::doing(jobs_.kind())));
}

void MemoryMachine::take(Step step) {
  refuse_if_closed();
  const std::optional<model::Report> report = life_.take(step);
  if (!report) throw io::Failure(life_.why_not(name_));
  tell(*report);
}

void MemoryMachine::tell(const model::Report& report) const {
  for (const model::Happening& each : report.events) {
    house_->tell({.machine = {.name = name_, .uuid = uuid_, .id = id_}, .event = each.event, .detail = each.detail});
  }
}

void MemoryMachine::define_here(DomainSpec spec) {
  refuse_if_closed();
  const bool added = !defined_;
  defined_ = std::move(spec);
  tell({.events = {{.event = 0, .detail = added ? 0 : 1}}});
}

void MemoryMachine::start_here(DomainSpec spec, StartOptions options) {
  refuse_if_closed();
  refuse_if_busy();
  const Faults faults = house_->faults();
  take(Step::start);
  if (faults.start_fails) {
    take(Step::start_failed);
    refuse("cannot start " + quoted() + ": " + faults.reason, Code::operation_failed);
  }
  const std::uint64_t memory = std::min(spec.memory_kib * 1024, house_->options().guest_memory_max);
  live_ = std::move(spec);
  id_ = house_->next_id();
  guest_.emplace(uuid_, memory);
  if (!options.paused) guest_->run(now());
  take(options.paused ? Step::started_paused : Step::started);
}

void MemoryMachine::power_off() {
  take(Step::guest_shutdown);
  take(Step::died);
  vanish(quoted() + " was shut down");
}

void MemoryMachine::die(const std::string& why) {
  take(Step::died);
  vanish(quoted() + " ended: " + why);
}

void MemoryMachine::vanish(const std::string& why) {
  const Error error{.code = Code::operation_aborted, .message = why, .domain = ErrorDomain::domain};
  for (const auto& [device, session] : consoles_) {
    session->guest_ended = true;
    io::Alarm::raise(session->alarm, error);
  }
  consoles_.clear();
  if (jobs_.busy()) io::Alarm::raise(job_alarm_, error);
  guest_.reset();
  live_.reset();
  id_ = -1;
  forget_if_nothing();
}

void MemoryMachine::forget_if_nothing() {
  if (defined_ || life_.is_active() || jobs_.busy()) return;
  house_->forget(*this);
}

void MemoryMachine::close_here() {
  if (life_.is_active()) take(Step::destroy);
  vanish("the host of " + quoted() + " is closed");
}

MachineInfo MemoryMachine::info_here() const {
  MachineInfo info{.state = static_cast<RunState>(life_.state()), .reason = life_.reason()};
  if (const auto& spec = live_ ? live_ : defined_) {
    info.memory_max_kib = spec->memory_kib;
    info.memory_kib = spec->current_memory_kib != 0 ? spec->current_memory_kib : spec->memory_kib;
    info.vcpus = static_cast<std::uint16_t>(spec->vcpus);
  }
  if (guest_) info.cpu_time_ns = static_cast<std::uint64_t>(guest_->ran(now()).count());
  return info;
}

std::string MemoryMachine::xml_here(XmlOptions options) const {
  const bool live = live_.has_value() && !(options.inactive && defined_);
  const auto& spec = live ? live_ : defined_;
  if (!spec) refuse(quoted() + " no longer exists", Code::no_domain);
  if (!live || options.inactive) return print_domain(*spec, {.secure = options.secure});
  return print_domain(*spec, {.secure = options.secure, .live = model::LiveFacts{.id = id_}});
}

}  // namespace sluice::driver
