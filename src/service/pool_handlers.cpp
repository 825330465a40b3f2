#include "service/pool_handlers.h"

#include <ranges>

#include "model/pool.h"
#include "model/volume.h"
#include "service/listing.h"
#include "service/storage_world.h"

namespace sluice::service {
namespace {

namespace list_flag {
constexpr std::uint32_t inactive = 1, active = 2, persistent = 4, transient = 8, autostart = 16, no_autostart = 32,
                        dir = 64, last_type = 1u << 19;
constexpr std::uint32_t all = 2 * last_type - 1;
constexpr std::uint32_t types = all & ~(dir - 1);  // a pool here is a directory, whatever else may be asked for
}  // namespace list_flag

namespace start_flag {
constexpr std::uint32_t build = 1, overwrite = 2, no_overwrite = 4;
constexpr std::uint32_t all = build | overwrite | no_overwrite;
}  // namespace start_flag

namespace build_flag {
constexpr std::uint32_t repair = 1, resize = 2, no_overwrite = 4, overwrite = 8;
constexpr std::uint32_t all = repair | resize | no_overwrite | overwrite;
}  // namespace build_flag

// The place of a pool is a directory, which is made and not formatted: there is nothing that could be overwritten, and
// both wishes are granted. Only together they make no sense.
void refuse_both(std::uint32_t flags, std::uint32_t overwrite, std::uint32_t no_overwrite) {
  if ((flags & overwrite) == 0 || (flags & no_overwrite) == 0) return;
  io::fail(Code::invalid_arg, "a pool cannot be built both with and without overwriting", ErrorDomain::storage);
}

bool builds(std::uint32_t flags) {
  refuse_both(flags, start_flag::overwrite, start_flag::no_overwrite);
  return flags != 0;
}

std::string capabilities() {
  std::string formats;
  for (const std::string_view format : model::words<model::VolumeFormat>) {
    formats += "        <value>" + std::string(format) + "</value>\n";
  }
  return "<storagepoolCapabilities>\n"
         "  <pool type='dir' supported='yes'>\n"
         "    <volOptions>\n"
         "      <defaultFormat type='" +
         std::string(model::word(model::VolumeFormat::raw)) +
         "'/>\n"
         "      <enum name='targetFormatType'>\n" +
         formats +
         "      </enum>\n"
         "    </volOptions>\n"
         "  </pool>\n"
         "</storagepoolCapabilities>\n";
}

// As the paths of pools are kept: without what changes nothing. A path with ".." is none of theirs.
std::string one_spelling(std::string_view path) {
  std::string out;
  for (const auto part : std::views::split(path, '/')) {
    const std::string_view step(part);
    if (!step.empty() && step != ".") out.append("/").append(step);
  }
  return out;
}

Task<bool> matches(driver::Pool& pool, std::uint32_t flags) {
  if ((flags & list_flag::types) != 0 && (flags & list_flag::dir) == 0) co_return false;
  if ((flags & (list_flag::active | list_flag::inactive)) != 0) {
    const bool active = co_await pool.active();
    if (!pair_matches(flags, list_flag::active, list_flag::inactive, active)) co_return false;
  }
  if ((flags & (list_flag::persistent | list_flag::transient)) != 0) {
    const bool persistent = co_await pool.persistent();
    if (!pair_matches(flags, list_flag::persistent, list_flag::transient, persistent)) co_return false;
  }
  if ((flags & (list_flag::autostart | list_flag::no_autostart)) != 0) {
    const bool autostart = co_await pool.autostart();
    if (!pair_matches(flags, list_flag::autostart, list_flag::no_autostart, autostart)) co_return false;
  }
  co_return true;
}

}  // namespace

Group PoolHandlers::group() { return group_of(*this); }

// --- which there are

Task<std::vector<std::shared_ptr<driver::Pool>>> PoolHandlers::listed(std::uint32_t flags) {
  std::vector<std::shared_ptr<driver::Pool>> wanted;
  driver::Storage* const storage = world_.host.storage();
  if (storage == nullptr) co_return wanted;
  const std::vector<std::shared_ptr<driver::Pool>> pools = co_await storage->pools();
  for (const auto& pool : pools) {
    try {
      const bool is_wanted = co_await matches(*pool, flags);
      if (is_wanted) wanted.push_back(pool);
    } catch (const io::Failure& gone) {
      if (gone.error.code != Code::no_storage_pool) throw;
    }
  }
  co_return wanted;
}

Task<std::int32_t> PoolHandlers::count(std::uint32_t flags) {
  const std::vector<std::shared_ptr<driver::Pool>> pools = co_await listed(flags);
  co_return static_cast<std::int32_t>(pools.size());
}

Task<std::vector<std::string>> PoolHandlers::names(std::uint32_t flags, std::int32_t wanted) {
  const std::vector<std::shared_ptr<driver::Pool>> pools = co_await listed(flags);
  std::vector<std::string> names;
  for (const auto& pool : pools) names.push_back(pool->ref().name);
  cut_to(names, wanted);
  co_return names;
}

Task<remote::ConnectListAllStoragePools::Reply> PoolHandlers::operator()(
    Call<remote::ConnectListAllStoragePools>& call) {
  only_flags(call, list_flag::all);
  const std::vector<std::shared_ptr<driver::Pool>> pools = co_await listed(call->flags);
  remote::ConnectListAllStoragePools::Reply reply{.count = static_cast<std::uint32_t>(pools.size())};
  if (call->need_results != 0) {
    for (const auto& pool : pools) reply.pools.items.push_back(wire_ref(pool->ref()));
    check_count(reply.pools, "storage pools");
  }
  co_return reply;
}

Task<remote::ConnectNumOfStoragePools::Reply> PoolHandlers::operator()(Call<remote::ConnectNumOfStoragePools>&) {
  const std::int32_t num = co_await count(list_flag::active);
  co_return remote::ConnectNumOfStoragePools::Reply{.num = num};
}

Task<remote::ConnectNumOfDefinedStoragePools::Reply> PoolHandlers::operator()(
    Call<remote::ConnectNumOfDefinedStoragePools>&) {
  const std::int32_t num = co_await count(list_flag::inactive);
  co_return remote::ConnectNumOfDefinedStoragePools::Reply{.num = num};
}

Task<remote::ConnectListStoragePools::Reply> PoolHandlers::operator()(Call<remote::ConnectListStoragePools>& call) {
  std::vector<std::string> listed = co_await names(list_flag::active, call->maxnames);
  co_return remote::ConnectListStoragePools::Reply{.names = {std::move(listed)}};
}

Task<remote::ConnectListDefinedStoragePools::Reply> PoolHandlers::operator()(
    Call<remote::ConnectListDefinedStoragePools>& call) {
  std::vector<std::string> listed = co_await names(list_flag::inactive, call->maxnames);
  co_return remote::ConnectListDefinedStoragePools::Reply{.names = {std::move(listed)}};
}

Task<remote::ConnectGetStoragePoolCapabilities::Reply> PoolHandlers::operator()(
    Call<remote::ConnectGetStoragePoolCapabilities>& call) {
  only_flags(call, 0);
  static_cast<void>(storage_of(world_));
  co_return remote::ConnectGetStoragePoolCapabilities::Reply{.capabilities = capabilities()};
}

Task<remote::StoragePoolLookupByName::Reply> PoolHandlers::operator()(Call<remote::StoragePoolLookupByName>& call) {
  auto pool = co_await driver::lookup_pool(storage_of(world_), call->name);
  co_return remote::StoragePoolLookupByName::Reply{.pool = wire_ref(pool->ref())};
}

Task<remote::StoragePoolLookupByUuid::Reply> PoolHandlers::operator()(Call<remote::StoragePoolLookupByUuid>& call) {
  auto pool = co_await driver::lookup_pool(storage_of(world_), call->uuid);
  co_return remote::StoragePoolLookupByUuid::Reply{.pool = wire_ref(pool->ref())};
}

// A client asks whose the volume is that it holds; whether that volume is still there is not the question.
Task<remote::StoragePoolLookupByVolume::Reply> PoolHandlers::operator()(Call<remote::StoragePoolLookupByVolume>& call) {
  auto pool = co_await driver::lookup_pool(storage_of(world_), call->vol.pool);
  co_return remote::StoragePoolLookupByVolume::Reply{.pool = wire_ref(pool->ref())};
}

// Of active pools only, as libvirt: two definitions may name one path, but only one of them can be in use.
Task<remote::StoragePoolLookupByTargetPath::Reply> PoolHandlers::operator()(
    Call<remote::StoragePoolLookupByTargetPath>& call) {
  static_cast<void>(storage_of(world_));
  const std::string wanted = one_spelling(call->path);
  const std::vector<std::shared_ptr<driver::Pool>> pools = co_await listed(list_flag::active);
  for (const auto& pool : pools) {
    const std::string xml = co_await pool->xml(false);
    const model::PoolSpec spec = io::or_throw(model::parse_pool(xml));
    if (spec.path == wanted) co_return remote::StoragePoolLookupByTargetPath::Reply{.pool = wire_ref(pool->ref())};
  }
  io::fail(Code::no_storage_pool, "there is no active storage pool at '" + call->path + "'", ErrorDomain::storage);
}

// --- their life

Task<remote::StoragePoolDefineXml::Reply> PoolHandlers::operator()(Call<remote::StoragePoolDefineXml>& call) {
  constexpr std::uint32_t validate = 1;
  only_flags(call, validate);
  refuse(call, validate, "checking a definition against a schema");
  auto pool = co_await storage_of(world_).define(call->xml);
  co_return remote::StoragePoolDefineXml::Reply{.pool = wire_ref(pool->ref())};
}

Task<remote::StoragePoolCreateXml::Reply> PoolHandlers::operator()(Call<remote::StoragePoolCreateXml>& call) {
  only_flags(call, start_flag::all);
  const bool build = builds(call->flags);
  auto pool = co_await storage_of(world_).create(call->xml, build);
  co_return remote::StoragePoolCreateXml::Reply{.pool = wire_ref(pool->ref())};
}

Task<Void> PoolHandlers::operator()(Call<remote::StoragePoolBuild>& call) {
  only_flags(call, build_flag::all);
  refuse(call, build_flag::repair, "repairing a pool");
  refuse(call, build_flag::resize, "resizing a pool");
  refuse_both(call->flags, build_flag::overwrite, build_flag::no_overwrite);
  auto pool = co_await pool_of(world_, call->pool);
  co_await pool->build();
  co_return Void{};
}

Task<Void> PoolHandlers::operator()(Call<remote::StoragePoolCreate>& call) {
  only_flags(call, start_flag::all);
  const bool build = builds(call->flags);
  auto pool = co_await pool_of(world_, call->pool);
  if (build) co_await pool->build();
  co_await pool->start();
  co_return Void{};
}

Task<Void> PoolHandlers::operator()(Call<remote::StoragePoolDestroy>& call) {
  auto pool = co_await pool_of(world_, call->pool);
  co_await pool->stop();
  co_return Void{};
}

Task<Void> PoolHandlers::operator()(Call<remote::StoragePoolRefresh>& call) {
  only_flags(call, 0);
  auto pool = co_await pool_of(world_, call->pool);
  co_await pool->refresh();
  co_return Void{};
}

Task<Void> PoolHandlers::operator()(Call<remote::StoragePoolDelete>& call) {
  constexpr std::uint32_t zeroed = 1;
  only_flags(call, zeroed);
  refuse(call, zeroed, "clearing a pool to zeros");
  auto pool = co_await pool_of(world_, call->pool);
  co_await pool->remove();
  co_return Void{};
}

Task<Void> PoolHandlers::operator()(Call<remote::StoragePoolUndefine>& call) {
  auto pool = co_await pool_of(world_, call->pool);
  co_await pool->undefine();
  co_return Void{};
}

// --- what they are

Task<remote::StoragePoolGetInfo::Reply> PoolHandlers::operator()(Call<remote::StoragePoolGetInfo>& call) {
  auto pool = co_await pool_of(world_, call->pool);
  const driver::PoolInfo info = co_await pool->info();
  co_return remote::StoragePoolGetInfo::Reply{.state = {static_cast<std::uint8_t>(info.state)},
                                              .capacity = info.capacity,
                                              .allocation = info.allocation,
                                              .available = info.available};
}

Task<remote::StoragePoolGetXmlDesc::Reply> PoolHandlers::operator()(Call<remote::StoragePoolGetXmlDesc>& call) {
  constexpr std::uint32_t inactive = 1;
  only_flags(call, inactive);
  auto pool = co_await pool_of(world_, call->pool);
  std::string xml = co_await pool->xml((call->flags & inactive) != 0);
  co_return remote::StoragePoolGetXmlDesc::Reply{.xml = std::move(xml)};
}

Task<remote::StoragePoolGetAutostart::Reply> PoolHandlers::operator()(Call<remote::StoragePoolGetAutostart>& call) {
  auto pool = co_await pool_of(world_, call->pool);
  const bool on = co_await pool->autostart();
  co_return remote::StoragePoolGetAutostart::Reply{.autostart = on ? 1 : 0};
}

Task<Void> PoolHandlers::operator()(Call<remote::StoragePoolSetAutostart>& call) {
  auto pool = co_await pool_of(world_, call->pool);
  co_await pool->set_autostart(call->autostart != 0);
  co_return Void{};
}

Task<remote::StoragePoolIsActive::Reply> PoolHandlers::operator()(Call<remote::StoragePoolIsActive>& call) {
  auto pool = co_await pool_of(world_, call->pool);
  const bool active = co_await pool->active();
  co_return remote::StoragePoolIsActive::Reply{.active = active ? 1 : 0};
}

Task<remote::StoragePoolIsPersistent::Reply> PoolHandlers::operator()(Call<remote::StoragePoolIsPersistent>& call) {
  auto pool = co_await pool_of(world_, call->pool);
  const bool persistent = co_await pool->persistent();
  co_return remote::StoragePoolIsPersistent::Reply{.persistent = persistent ? 1 : 0};
}

}  // namespace sluice::service
