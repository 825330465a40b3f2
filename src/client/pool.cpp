#include "sluice/pool.h"

#include <algorithm>
#include <array>

#include "client/connected.h"
#include "client/storage_names.h"

namespace sluice {
inline namespace v1 {
namespace {

constexpr std::uint32_t xml_inactive = 1, start_build = 1;

}  // namespace

std::string_view name(PoolState state) {
  switch (state) {
    case PoolState::inactive: return "inactive";
    case PoolState::building: return "building";
    case PoolState::running: return "running";
    case PoolState::degraded: return "degraded";
    case PoolState::inaccessible: return "inaccessible";
  }
  return "unknown";
}

std::string_view name(const PoolEvent& event) {
  constexpr std::array<std::string_view, 6> names{"defined", "undefined", "started", "stopped", "created", "deleted"};
  if (event.event == PoolEvent::refreshed) return "refreshed";
  const auto number = static_cast<std::size_t>(event.event);
  return number < names.size() ? names[number] : "changed";
}

Pool::Pool(std::shared_ptr<client::Connected> connected, client::PoolName called)
    : connected_(std::move(connected)), called_(std::make_shared<const client::PoolName>(std::move(called))) {}

const std::string& Pool::name() const { return called_->ref.name; }
const std::string& Pool::uuid() const { return called_->uuid; }

PoolInfo Pool::info() const {
  const auto reply = connected_->call(remote::StoragePoolGetInfo{.pool = called_->ref});
  return {.state = static_cast<PoolState>(reply.state.value),
          .capacity = reply.capacity,
          .allocation = reply.allocation,
          .available = reply.available};
}

std::string Pool::xml(PoolXmlOptions options) const {
  const std::uint32_t flags = options.inactive ? xml_inactive : 0;
  return connected_->call(remote::StoragePoolGetXmlDesc{.pool = called_->ref, .flags = flags}).xml;
}

bool Pool::active() const { return connected_->call(remote::StoragePoolIsActive{.pool = called_->ref}).active != 0; }
bool Pool::persistent() const {
  return connected_->call(remote::StoragePoolIsPersistent{.pool = called_->ref}).persistent != 0;
}
bool Pool::autostart() const {
  return connected_->call(remote::StoragePoolGetAutostart{.pool = called_->ref}).autostart != 0;
}
void Pool::set_autostart(bool on) {
  connected_->call(remote::StoragePoolSetAutostart{.pool = called_->ref, .autostart = on ? 1 : 0});
}

void Pool::build() { connected_->call(remote::StoragePoolBuild{.pool = called_->ref}); }
void Pool::start(PoolStartOptions options) {
  connected_->call(remote::StoragePoolCreate{.pool = called_->ref, .flags = options.build ? start_build : 0});
}
void Pool::stop() { connected_->call(remote::StoragePoolDestroy{.pool = called_->ref}); }
void Pool::refresh() { connected_->call(remote::StoragePoolRefresh{.pool = called_->ref}); }
void Pool::remove() { connected_->call(remote::StoragePoolDelete{.pool = called_->ref}); }
void Pool::undefine() { connected_->call(remote::StoragePoolUndefine{.pool = called_->ref}); }

std::vector<Volume> Pool::volumes() const {
  auto reply = connected_->call(remote::StoragePoolListAllVolumes{.pool = called_->ref, .need_results = 1});
  std::vector<Volume> found;
  for (remote::StorageVolRef& vol : reply.vols.items) {
    found.emplace_back(connected_, client::VolumeName{std::move(vol)});
  }
  std::ranges::sort(found, {}, [](const Volume& volume) -> const std::string& { return volume.name(); });
  return found;
}

Volume Pool::lookup(const std::string& name) const {
  auto reply = connected_->call(remote::StorageVolLookupByName{.pool = called_->ref, .name = name});
  return {connected_, client::VolumeName{std::move(reply.vol)}};
}

std::optional<Volume> Pool::find(const std::string& name) const {
  try {
    return lookup(name);
  } catch (const Failure& failure) {
    if (failure.code() == Code::no_storage_vol) return std::nullopt;
    throw;
  }
}

Volume Pool::create_volume(const std::string& xml) {
  auto reply = connected_->call(remote::StorageVolCreateXml{.pool = called_->ref, .xml = xml});
  return {connected_, client::VolumeName{std::move(reply.vol)}};
}

Volume Pool::clone_volume(const std::string& xml, const Volume& original) {
  auto reply = connected_->call(
      remote::StorageVolCreateXmlFrom{.pool = called_->ref, .xml = xml, .clonevol = original.called_->ref});
  return {connected_, client::VolumeName{std::move(reply.vol)}};
}

}  // namespace v1
}  // namespace sluice
