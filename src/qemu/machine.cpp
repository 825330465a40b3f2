#include "qemu/machine.h"

#include "io/failure.h"
#include "qemu/buildable.h"

namespace sluice::qemu {

using driver::Definition;
using model::DomainSpec;

namespace {

// Libvirt's lifecycle events that are about the definition and not about the guest.
constexpr std::int32_t event_defined = 0, event_undefined = 1;

}  // namespace

QemuMachine::QemuMachine(std::shared_ptr<Household> household, Uuid uuid, std::string name)
    : household_(std::move(household)),
      uuid_(uuid),
      name_(std::move(name)),
      strand_(household_->new_strand()),
      log_(household_->around.log.with({{"machine", name_}})),
      changed_(strand_) {}

void QemuMachine::refuse(const std::string& why) const { io::fail(Code::operation_invalid, why, ErrorDomain::qemu); }

void QemuMachine::refuse_if_closed() const {
  if (household_->closed()) refuse("the host of " + quoted() + " is closed");
}

void QemuMachine::require(model::Step step) const {
  refuse_if_closed();
  if (!life_.allows(step)) throw io::Failure(life_.why_not(name_));
}

std::shared_ptr<Guest> QemuMachine::guest_for(model::Step step) const {
  require(step);
  if (!guest_ || guest_->over()) refuse(quoted() + " is ending");
  return guest_;
}

bool QemuMachine::take(model::Step step) {
  const auto report = life_.take(step);
  if (!report) return false;
  for (const model::Happening& each : report->events) tell(each);
  return true;
}

void QemuMachine::tell(model::Happening happening) const {
  household_->tell({.machine = reference(), .event = happening.event, .detail = happening.detail});
}

GuestSurroundings QemuMachine::guest_surroundings() const {
  return {.strand = strand_,
          .disk = household_->around.disk,
          .clock = household_->around.clock,
          .log = log_,
          .deadlines = household_->options.deadlines};
}

// Every verb enters the strand here and holds the machine until it is through.

io::Task<driver::MachineRef> QemuMachine::ref() {
  return here([self = shared_from_this()]() -> Task<driver::MachineRef> { co_return self->reference(); });
}
io::Task<driver::MachineInfo> QemuMachine::info() {
  return here([self = shared_from_this()]() -> Task<driver::MachineInfo> { co_return self->info_here(); });
}
io::Task<std::string> QemuMachine::xml(driver::XmlOptions options) {
  return here([self = shared_from_this(), options]() -> Task<std::string> { co_return self->xml_here(options); });
}
io::Task<bool> QemuMachine::persistent() {
  return here([self = shared_from_this()]() -> Task<bool> { co_return self->defined_.has_value(); });
}
io::Task<bool> QemuMachine::autostart() {
  return here([self = shared_from_this()]() -> Task<bool> { co_return self->autostart_; });
}
io::Task<> QemuMachine::set_autostart(bool on) {
  return here([self = shared_from_this(), on] { return self->set_autostart_here(on); });
}
io::Task<> QemuMachine::define(DomainSpec spec) {
  return here([self = shared_from_this(), spec = std::move(spec)] { return self->define_here(spec); });
}
io::Task<> QemuMachine::undefine() {
  return here([self = shared_from_this()] { return self->undefine_here(); });
}

driver::MachineInfo QemuMachine::info_here() const {
  driver::MachineInfo info{.state = static_cast<driver::RunState>(life_.state()), .reason = life_.reason()};
  if (const auto& spec = live_ ? live_ : defined_) {
    info.memory_max_kib = spec->memory_kib;
    info.memory_kib = spec->current_memory_kib != 0 ? spec->current_memory_kib : spec->memory_kib;
    info.vcpus = static_cast<std::uint16_t>(spec->vcpus);
  }
  if (guest_) info.cpu_time_ns = cpu_time_ns(guest_->pid());
  return info;
}

std::string QemuMachine::xml_here(driver::XmlOptions options) const {
  const bool live = live_.has_value() && !(options.inactive && defined_);
  if (live && !options.inactive) return print_domain(*live_, {.secure = options.secure, .live = facts_});
  const auto& spec = live ? live_ : defined_;
  if (!spec) io::fail(Code::no_domain, quoted() + " no longer exists", ErrorDomain::qemu);
  return print_domain(*spec, {.secure = options.secure});
}

void QemuMachine::load(const Definition& definition) {
  defined_ = io::or_throw(model::parse_domain(definition.xml));
  autostart_ = definition.autostart;
}

io::Task<> QemuMachine::define_here(DomainSpec spec) {
  refuse_if_closed();
  spec = co_await resolved(*household_, std::move(spec));
  const Definition definition{
      .uuid = uuid_, .name = name_, .xml = print_domain(spec, {.secure = true}), .autostart = autostart_};
  co_await household_->store([definition](driver::Store& store) { store.put(definition); });
  const bool added = !defined_;
  defined_ = std::move(spec);
  tell({.event = event_defined, .detail = added ? 0 : 1});
}

io::Task<> QemuMachine::set_autostart_here(bool on) {
  refuse_if_closed();
  if (!defined_) refuse(quoted() + " is transient: only a defined machine can be started with the host");
  const Definition definition{
      .uuid = uuid_, .name = name_, .xml = print_domain(*defined_, {.secure = true}), .autostart = on};
  co_await household_->store([definition](driver::Store& store) { store.put(definition); });
  autostart_ = on;
}

io::Task<> QemuMachine::undefine_here() {
  refuse_if_closed();
  if (!defined_) refuse("cannot undefine " + quoted() + ": it is transient");
  co_await household_->store([uuid = uuid_](driver::Store& store) { store.remove_definition(uuid); });
  if (!defined_) co_return;  // somebody else undefined it meanwhile
  defined_.reset();
  autostart_ = false;
  tell({.event = event_undefined, .detail = 0});
  co_await forget_if_nothing();
}

io::Task<> QemuMachine::forget_if_nothing() {
  return here([self = shared_from_this()]() -> Task<> {
    if (self->defined_ || self->life_.is_active()) co_return;
    if (!self->household_->forget(*self)) co_return;
    co_await self->household_->around.disk.run([directory = self->directory()] { directory.remove(); });
  });
}

}  // namespace sluice::qemu
