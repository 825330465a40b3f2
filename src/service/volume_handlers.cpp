#include "service/volume_handlers.h"

#include "service/late_stream.h"
#include "service/listing.h"
#include "service/storage_world.h"

namespace sluice::service {
namespace {

// Asked of both directions of a transfer: holes travel as holes.
constexpr std::uint32_t sparse = 1;

namespace create_flag {
constexpr std::uint32_t preallocate_metadata = 1, reflink = 2, validate = 4;
}

namespace resize_flag {
constexpr std::uint32_t allocate = 1, delta = 2, shrink = 4;
}

// Metadata is allocated with every image there is, and a raw one has none; that wish is granted by doing nothing.
template <class P>
void check_create(const Call<P>& call) {
  only_flags(call, create_flag::preallocate_metadata | create_flag::reflink | create_flag::validate);
  refuse(call, create_flag::reflink, "a clone that shares its bytes with the original");
  refuse(call, create_flag::validate, "checking a definition against a schema");
}

std::shared_ptr<driver::Volume> found(std::shared_ptr<driver::Volume> volume, const std::string& description) {
  if (!volume) io::fail(Code::no_storage_vol, "there is no volume " + description, ErrorDomain::storage);
  return volume;
}

// How many bytes travel is known if holes do not and the length was said.
link::About about(const driver::VolumeRef& ref, const driver::Range& range) {
  return {.object = ref.pool + "/" + ref.name,
          .behind = remote::StreamWait::disk,
          .total = range.sparse ? 0 : range.length};
}

void check_algorithm(std::uint32_t algorithm) {
  constexpr std::uint32_t zeros = 0, last = 9;
  if (algorithm == zeros) return;
  const std::string which = "wipe algorithm " + std::to_string(algorithm);
  if (algorithm > last) io::fail(Code::invalid_arg, "there is no " + which, ErrorDomain::storage);
  io::fail(Code::argument_unsupported, which + " is not supported; a volume is overwritten with zeros",
           ErrorDomain::storage);
}

}  // namespace

Group VolumeHandlers::group() { return group_of(*this); }

// --- the volumes of a pool

Task<std::vector<driver::VolumeRef>> VolumeHandlers::listed(remote::StoragePoolRef pool) {
  auto where = co_await pool_of(world_, pool);
  const std::vector<std::shared_ptr<driver::Volume>> volumes = co_await where->volumes();
  std::vector<driver::VolumeRef> refs;
  for (const auto& volume : volumes) refs.push_back(volume->ref());
  co_return refs;
}

Task<remote::StoragePoolNumOfVolumes::Reply> VolumeHandlers::operator()(Call<remote::StoragePoolNumOfVolumes>& call) {
  const std::vector<driver::VolumeRef> refs = co_await listed(call->pool);
  co_return remote::StoragePoolNumOfVolumes::Reply{.num = static_cast<std::int32_t>(refs.size())};
}

Task<remote::StoragePoolListVolumes::Reply> VolumeHandlers::operator()(Call<remote::StoragePoolListVolumes>& call) {
  const std::vector<driver::VolumeRef> refs = co_await listed(call->pool);
  remote::StoragePoolListVolumes::Reply reply;
  for (const driver::VolumeRef& ref : refs) reply.names.items.push_back(ref.name);
  cut_to(reply.names.items, call->maxnames);
  co_return reply;
}

Task<remote::StoragePoolListAllVolumes::Reply> VolumeHandlers::operator()(
    Call<remote::StoragePoolListAllVolumes>& call) {
  only_flags(call, 0);
  const std::vector<driver::VolumeRef> refs = co_await listed(call->pool);
  remote::StoragePoolListAllVolumes::Reply reply{.count = static_cast<std::uint32_t>(refs.size())};
  if (call->need_results != 0) {
    for (const driver::VolumeRef& ref : refs) reply.vols.items.push_back(wire_ref(ref));
    check_count(reply.vols, "volumes");
  }
  co_return reply;
}

Task<remote::StorageVolLookupByName::Reply> VolumeHandlers::operator()(Call<remote::StorageVolLookupByName>& call) {
  auto pool = co_await pool_of(world_, call->pool);
  auto volume = co_await pool->find(call->name);
  volume = found(std::move(volume), "called '" + call->name + "' in storage pool '" + pool->ref().name + "'");
  co_return remote::StorageVolLookupByName::Reply{.vol = wire_ref(volume->ref())};
}

Task<remote::StorageVolLookupByKey::Reply> VolumeHandlers::operator()(Call<remote::StorageVolLookupByKey>& call) {
  auto volume = co_await storage_of(world_).find_volume_by_key(call->key);
  volume = found(std::move(volume), "with key '" + call->key + "'");
  co_return remote::StorageVolLookupByKey::Reply{.vol = wire_ref(volume->ref())};
}

Task<remote::StorageVolLookupByPath::Reply> VolumeHandlers::operator()(Call<remote::StorageVolLookupByPath>& call) {
  auto volume = co_await storage_of(world_).find_volume_by_path(call->path);
  volume = found(std::move(volume), "at '" + call->path + "'");
  co_return remote::StorageVolLookupByPath::Reply{.vol = wire_ref(volume->ref())};
}

// --- making and changing them

Task<remote::StorageVolCreateXml::Reply> VolumeHandlers::operator()(Call<remote::StorageVolCreateXml>& call) {
  check_create(call);
  auto pool = co_await pool_of(world_, call->pool);
  auto volume = co_await pool->create(call->xml);
  co_return remote::StorageVolCreateXml::Reply{.vol = wire_ref(volume->ref())};
}

Task<remote::StorageVolCreateXmlFrom::Reply> VolumeHandlers::operator()(Call<remote::StorageVolCreateXmlFrom>& call) {
  check_create(call);
  auto pool = co_await pool_of(world_, call->pool);
  auto original = co_await volume_of(world_, call->clonevol);
  auto volume = co_await pool->create_from(call->xml, *original);
  co_return remote::StorageVolCreateXmlFrom::Reply{.vol = wire_ref(volume->ref())};
}

Task<Void> VolumeHandlers::operator()(Call<remote::StorageVolDelete>& call) {
  only_flags(call, 0);
  auto volume = co_await volume_of(world_, call->vol);
  co_await volume->remove();
  co_return Void{};
}

Task<Void> VolumeHandlers::operator()(Call<remote::StorageVolResize>& call) {
  only_flags(call, resize_flag::allocate | resize_flag::delta | resize_flag::shrink);
  const driver::ResizeOptions options{.allocate = (call->flags & resize_flag::allocate) != 0,
                                      .delta = (call->flags & resize_flag::delta) != 0,
                                      .shrink = (call->flags & resize_flag::shrink) != 0};
  auto volume = co_await volume_of(world_, call->vol);
  co_await volume->resize(call->capacity, options);
  co_return Void{};
}

Task<> VolumeHandlers::wipe(remote::StorageVolRef vol) {
  auto volume = co_await volume_of(world_, vol);
  co_await volume->wipe();
}

Task<Void> VolumeHandlers::operator()(Call<remote::StorageVolWipe>& call) {
  only_flags(call, 0);
  co_await wipe(call->vol);
  co_return Void{};
}

Task<Void> VolumeHandlers::operator()(Call<remote::StorageVolWipePattern>& call) {
  only_flags(call, 0);
  check_algorithm(call->algorithm);
  co_await wipe(call->vol);
  co_return Void{};
}

// --- what they are

Task<driver::VolumeInfo> VolumeHandlers::info_of(remote::StorageVolRef vol) {
  auto volume = co_await volume_of(world_, vol);
  co_return co_await volume->info();
}

Task<remote::StorageVolGetInfo::Reply> VolumeHandlers::operator()(Call<remote::StorageVolGetInfo>& call) {
  const driver::VolumeInfo info = co_await info_of(call->vol);
  co_return remote::StorageVolGetInfo::Reply{
      .type = static_cast<std::int32_t>(info.type), .capacity = info.capacity, .allocation = info.allocation};
}

// Libvirt has no field for the physical size: who asks for it gets it in place of the allocation.
Task<remote::StorageVolGetInfoFlags::Reply> VolumeHandlers::operator()(Call<remote::StorageVolGetInfoFlags>& call) {
  constexpr std::uint32_t physical = 1;
  only_flags(call, physical);
  const driver::VolumeInfo info = co_await info_of(call->vol);
  co_return remote::StorageVolGetInfoFlags::Reply{
      .type = static_cast<std::int32_t>(info.type),
      .capacity = info.capacity,
      .allocation = (call->flags & physical) != 0 ? info.physical : info.allocation};
}

Task<remote::StorageVolGetXmlDesc::Reply> VolumeHandlers::operator()(Call<remote::StorageVolGetXmlDesc>& call) {
  only_flags(call, 0);
  auto volume = co_await volume_of(world_, call->vol);
  std::string xml = co_await volume->xml();
  co_return remote::StorageVolGetXmlDesc::Reply{.xml = std::move(xml)};
}

Task<remote::StorageVolGetPath::Reply> VolumeHandlers::operator()(Call<remote::StorageVolGetPath>& call) {
  auto volume = co_await volume_of(world_, call->vol);
  co_return remote::StorageVolGetPath::Reply{.name = volume->path()};
}

// --- their bytes

// The streams open when bytes begin to flow: a volume that is not there or is in use is an error reply.
Task<Void> VolumeHandlers::operator()(Call<remote::StorageVolUpload>& call) {
  only_flags(call, sparse);
  const driver::Range range{.offset = call->offset, .length = call->length, .sparse = (call->flags & sparse) != 0};
  auto volume = co_await volume_of(world_, call->vol);
  call.incoming().describe(about(volume->ref(), range));
  LateSource source(call.incoming());
  driver::Job job(driver::JobKind::upload);
  co_await volume->upload(range, source, job);
  co_return Void{};
}

Task<Void> VolumeHandlers::operator()(Call<remote::StorageVolDownload>& call) {
  only_flags(call, sparse);
  const driver::Range range{.offset = call->offset, .length = call->length, .sparse = (call->flags & sparse) != 0};
  auto volume = co_await volume_of(world_, call->vol);
  call.incoming().describe(about(volume->ref(), range));
  LateSink sink(call.incoming());
  driver::Job job(driver::JobKind::download);
  co_await volume->download(range, sink, job);
  co_return Void{};
}

}  // namespace sluice::service
