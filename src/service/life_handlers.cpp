#include "service/life_handlers.h"

namespace sluice::service {
namespace {

namespace start_flag {
constexpr std::uint32_t paused = 1, autodestroy = 2, bypass_cache = 4, force_boot = 8, validate = 16;
}

// Modes of shutdown and reboot: acpi is the only way we ask a guest.
constexpr std::uint32_t acpi = 1;
template <class P>
void only_acpi(const Call<P>& call) {
  only_flags(call, 31);
  if (call->flags != 0 && (call->flags & acpi) == 0) {
    io::fail(Code::argument_unsupported, "a guest is asked through ACPI only");
  }
}

}  // namespace

Group LifeHandlers::group() { return group_of(*this); }

Task<remote::DomainDefineXml::Reply> LifeHandlers::operator()(Call<remote::DomainDefineXml>& call) {
  auto machine = co_await world_.host.define(call->xml);
  remote::DomainRef dom = co_await wire_ref(std::move(machine));
  co_return remote::DomainDefineXml::Reply{.dom = std::move(dom)};
}

Task<remote::DomainDefineXmlFlags::Reply> LifeHandlers::operator()(Call<remote::DomainDefineXmlFlags>& call) {
  only_flags(call, 1);
  refuse(call, 1, "checking a definition against a schema");
  auto machine = co_await world_.host.define(call->xml);
  remote::DomainRef dom = co_await wire_ref(std::move(machine));
  co_return remote::DomainDefineXmlFlags::Reply{.dom = std::move(dom)};
}

Task<Void> LifeHandlers::operator()(Call<remote::DomainUndefine>& call) {
  auto machine = co_await machine_of(world_, call->dom);
  co_await machine->undefine();
  co_return Void{};
}

// The flags say what else is to go: saved states, snapshots, NVRAM. A machine here has none of these.
Task<Void> LifeHandlers::operator()(Call<remote::DomainUndefineFlags>& call) {
  only_flags(call, 127);
  auto machine = co_await machine_of(world_, call->dom);
  co_await machine->undefine();
  co_return Void{};
}

Task<Void> LifeHandlers::operator()(Call<remote::DomainCreate>& call) {
  auto machine = co_await machine_of(world_, call->dom);
  co_await machine->start({});
  co_return Void{};
}

Task<remote::DomainCreateXml::Reply> LifeHandlers::operator()(Call<remote::DomainCreateXml>& call) {
  only_flags(call, 31);
  refuse(call, start_flag::autodestroy, "a machine that ends with its client's connection");
  refuse(call, start_flag::validate, "checking a definition against a schema");
  const driver::StartOptions options{.paused = (call->flags & start_flag::paused) != 0};
  auto machine = co_await world_.host.create(call->xml_desc, options);
  remote::DomainRef dom = co_await wire_ref(std::move(machine));
  co_return remote::DomainCreateXml::Reply{.dom = std::move(dom)};
}

// Bypassing the cache and forcing a boot are about saved states kept with the machine, of which there are none.
Task<remote::DomainCreateWithFlags::Reply> LifeHandlers::operator()(Call<remote::DomainCreateWithFlags>& call) {
  only_flags(call, start_flag::paused | start_flag::autodestroy | start_flag::bypass_cache | start_flag::force_boot);
  refuse(call, start_flag::autodestroy, "a machine that ends with its client's connection");
  auto machine = co_await machine_of(world_, call->dom);
  const driver::StartOptions options{.paused = (call->flags & start_flag::paused) != 0};
  co_await machine->start(options);
  remote::DomainRef dom = co_await wire_ref(std::move(machine));
  co_return remote::DomainCreateWithFlags::Reply{.dom = std::move(dom)};
}

Task<Void> LifeHandlers::operator()(Call<remote::DomainDestroy>& call) {
  auto machine = co_await machine_of(world_, call->dom);
  co_await machine->destroy({});
  co_return Void{};
}

Task<Void> LifeHandlers::operator()(Call<remote::DomainDestroyFlags>& call) {
  constexpr std::uint32_t graceful = 1;
  only_flags(call, graceful);
  auto machine = co_await machine_of(world_, call->dom);
  const driver::DestroyOptions options{.graceful = (call->flags & graceful) != 0};
  co_await machine->destroy(options);
  co_return Void{};
}

Task<Void> LifeHandlers::operator()(Call<remote::DomainShutdown>& call) {
  auto machine = co_await machine_of(world_, call->dom);
  co_await machine->shutdown({});
  co_return Void{};
}

Task<Void> LifeHandlers::operator()(Call<remote::DomainShutdownFlags>& call) {
  only_acpi(call);
  auto machine = co_await machine_of(world_, call->dom);
  co_await machine->shutdown({});
  co_return Void{};
}

Task<Void> LifeHandlers::operator()(Call<remote::DomainReboot>& call) {
  only_acpi(call);
  auto machine = co_await machine_of(world_, call->dom);
  const driver::ShutdownOptions options{.reboot = true};
  co_await machine->shutdown(options);
  co_return Void{};
}

Task<Void> LifeHandlers::operator()(Call<remote::DomainReset>& call) {
  only_flags(call, 0);
  auto machine = co_await machine_of(world_, call->dom);
  co_await machine->reset();
  co_return Void{};
}

Task<Void> LifeHandlers::operator()(Call<remote::DomainSuspend>& call) {
  auto machine = co_await machine_of(world_, call->dom);
  co_await machine->pause();
  co_return Void{};
}

Task<Void> LifeHandlers::operator()(Call<remote::DomainResume>& call) {
  auto machine = co_await machine_of(world_, call->dom);
  co_await machine->resume();
  co_return Void{};
}

Task<Void> LifeHandlers::operator()(Call<remote::DomainSetAutostart>& call) {
  auto machine = co_await machine_of(world_, call->dom);
  co_await machine->set_autostart(call->autostart != 0);
  co_return Void{};
}

}  // namespace sluice::service
