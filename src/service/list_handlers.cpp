#include "service/list_handlers.h"

#include <algorithm>

#include "service/listing.h"

namespace sluice::service {
namespace {

namespace flag {
constexpr std::uint32_t active = 1, inactive = 2, persistent = 4, transient = 8, running = 16, paused = 32,
                        shut_off = 64, other = 128, managed_save = 256, no_managed_save = 512, autostart = 1024,
                        no_autostart = 2048, snapshot = 4096, no_snapshot = 8192, checkpoint = 16384,
                        no_checkpoint = 32768;
constexpr std::uint32_t all = 2 * no_checkpoint - 1;
constexpr std::uint32_t states = running | paused | shut_off | other;
}  // namespace flag

std::uint32_t flag_of(driver::RunState state) {
  switch (state) {
    case driver::RunState::running: return flag::running;
    case driver::RunState::paused: return flag::paused;
    case driver::RunState::shut_off: return flag::shut_off;
    default: return flag::other;
  }
}

}  // namespace

Group ListHandlers::group() { return group_of(*this); }

Task<bool> ListHandlers::matches(driver::Machine& machine, std::uint32_t flags) {
  const driver::MachineInfo info = co_await machine.info();
  if (!pair_matches(flags, flag::active, flag::inactive, is_active(info.state))) co_return false;
  if ((flags & flag::states) != 0 && (flags & flag_of(info.state)) == 0) co_return false;
  if ((flags & (flag::persistent | flag::transient)) != 0) {
    const bool persistent = co_await machine.persistent();
    if (!pair_matches(flags, flag::persistent, flag::transient, persistent)) co_return false;
  }
  if ((flags & (flag::autostart | flag::no_autostart)) != 0) {
    const bool autostart = co_await machine.autostart();
    if (!pair_matches(flags, flag::autostart, flag::no_autostart, autostart)) co_return false;
  }
  // Of what does not exist here, no machine has any.
  co_return pair_matches(flags, flag::managed_save, flag::no_managed_save, false) &&
      pair_matches(flags, flag::snapshot, flag::no_snapshot, false) &&
      pair_matches(flags, flag::checkpoint, flag::no_checkpoint, false);
}

Task<std::vector<driver::MachineRef>> ListHandlers::listed(std::uint32_t flags) {
  std::vector<driver::MachineRef> refs;
  const std::vector<std::shared_ptr<driver::Machine>> machines = co_await world_.host.machines();
  for (const auto& machine : machines) {
    try {
      const bool wanted = co_await matches(*machine, flags);
      if (!wanted) continue;
      driver::MachineRef ref = co_await machine->ref();
      refs.push_back(std::move(ref));
    } catch (const io::Failure& gone) {
      if (gone.error.code != Code::no_domain) throw;
    }
  }
  std::ranges::sort(refs, {}, &driver::MachineRef::name);
  co_return refs;
}

Task<remote::ConnectListAllDomains::Reply> ListHandlers::operator()(Call<remote::ConnectListAllDomains>& call) {
  only_flags(call, flag::all);
  const std::vector<driver::MachineRef> refs = co_await listed(call->flags);
  remote::ConnectListAllDomains::Reply reply{.count = static_cast<std::uint32_t>(refs.size())};
  if (call->need_results != 0) {
    for (const driver::MachineRef& ref : refs) reply.domains.items.push_back(wire_ref(ref));
    check_count(reply.domains, "machines");
  }
  co_return reply;
}

Task<remote::ConnectNumOfDomains::Reply> ListHandlers::operator()(Call<remote::ConnectNumOfDomains>&) {
  const std::vector<driver::MachineRef> refs = co_await listed(flag::active);
  co_return remote::ConnectNumOfDomains::Reply{.num = static_cast<std::int32_t>(refs.size())};
}

Task<remote::ConnectNumOfDefinedDomains::Reply> ListHandlers::operator()(Call<remote::ConnectNumOfDefinedDomains>&) {
  const std::vector<driver::MachineRef> refs = co_await listed(flag::inactive);
  co_return remote::ConnectNumOfDefinedDomains::Reply{.num = static_cast<std::int32_t>(refs.size())};
}

Task<remote::ConnectListDomains::Reply> ListHandlers::operator()(Call<remote::ConnectListDomains>& call) {
  const std::vector<driver::MachineRef> refs = co_await listed(flag::active);
  const auto wanted = static_cast<std::size_t>(std::clamp(call->maxids, 0, 16384));
  remote::ConnectListDomains::Reply reply;
  for (const driver::MachineRef& ref : refs) {
    if (reply.ids.items.size() < wanted) reply.ids.items.push_back(ref.id);
  }
  co_return reply;
}

Task<remote::ConnectListDefinedDomains::Reply> ListHandlers::operator()(Call<remote::ConnectListDefinedDomains>& call) {
  const std::vector<driver::MachineRef> refs = co_await listed(flag::inactive);
  const auto wanted = static_cast<std::size_t>(std::clamp(call->maxnames, 0, 16384));
  remote::ConnectListDefinedDomains::Reply reply;
  for (const driver::MachineRef& ref : refs) {
    if (reply.names.items.size() < wanted) reply.names.items.push_back(ref.name);
  }
  co_return reply;
}

Task<remote::DomainLookupById::Reply> ListHandlers::operator()(Call<remote::DomainLookupById>& call) {
  auto machine = co_await driver::lookup(world_.host, call->id);
  remote::DomainRef dom = co_await wire_ref(std::move(machine));
  co_return remote::DomainLookupById::Reply{.dom = std::move(dom)};
}

Task<remote::DomainLookupByName::Reply> ListHandlers::operator()(Call<remote::DomainLookupByName>& call) {
  auto machine = co_await driver::lookup(world_.host, call->name);
  remote::DomainRef dom = co_await wire_ref(std::move(machine));
  co_return remote::DomainLookupByName::Reply{.dom = std::move(dom)};
}

Task<remote::DomainLookupByUuid::Reply> ListHandlers::operator()(Call<remote::DomainLookupByUuid>& call) {
  auto machine = co_await driver::lookup(world_.host, call->uuid);
  remote::DomainRef dom = co_await wire_ref(std::move(machine));
  co_return remote::DomainLookupByUuid::Reply{.dom = std::move(dom)};
}

}  // namespace sluice::service
