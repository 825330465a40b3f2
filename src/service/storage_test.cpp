// Pools and volumes as a client sees them: over a link, on storage that is strings in memory.

#include "service/fake_storage_test.h"
#include "service/service_bed_test.h"

namespace sluice::service {
namespace {

template <class Body>
void with_storage(Body body, remote::Role role = remote::Role::admin) {
  FakeStorage storage;
  auto opened = [&](Bed& bed) -> Task<> {
    co_await bed.open();
    co_await body(bed, storage);
  };
  with_service(opened, {.role = role, .storage = &storage});
}

Task<StoragePoolRef> pool_named(Bed& bed, std::string name) {
  co_return (co_await bed.call(StoragePoolLookupByName{.name = std::move(name)})).pool;
}

const StorageVolRef disk_ref{.pool = "default", .name = "disk", .key = "/not/to/be/trusted"};

Task<std::string> downloaded(Bed& bed, StorageVolDownload what) {
  auto down = co_await bed.stream(what);
  std::string all;
  for (io::Piece got = co_await down->in().read(); !got.is_end(); got = co_await down->in().read()) {
    all += got.hole != 0 ? "(" + std::to_string(got.hole) + ")" : std::string(as_text(got.bytes.bytes()));
  }
  co_await down->finish();
  co_return all;
}

Task<> upload(Bed& bed, StorageVolUpload where, std::vector<std::string> texts) {
  auto up = co_await bed.stream(where);
  for (const std::string& text : texts) co_await up->out().write({.bytes = Chunk::copy_of(as_bytes(text))});
  co_await up->finish();
}

TEST(ServiceStorage, OfAHostWithoutItListsNothingAndRefusesTheRest) {
  with_service([](Bed& bed) -> Task<> {
    co_await bed.open();
    EXPECT_EQ((co_await bed.call(ConnectListAllStoragePools{.need_results = 1})).count, 0u);
    EXPECT_EQ((co_await bed.call(ConnectNumOfStoragePools{})).num, 0);
    EXPECT_EQ((co_await bed.call(ConnectNumOfDefinedStoragePools{})).num, 0);
    EXPECT_TRUE((co_await bed.call(ConnectListStoragePools{.maxnames = 9})).names.items.empty());
    const Error error = co_await bed.failure(StoragePoolLookupByName{.name = "default"});
    EXPECT_EQ(error.code, Code::no_support);
    EXPECT_EQ(error.message, "this host has no storage pools");
    EXPECT_EQ((co_await bed.failure(StorageVolLookupByPath{.path = "/x"})).code, Code::no_support);
    EXPECT_EQ((co_await bed.failure(ConnectStoragePoolEventRegisterAny{})).code, Code::no_support);
    EXPECT_EQ((co_await bed.failure(ConnectGetStoragePoolCapabilities{})).code, Code::no_support);
    EXPECT_EQ((co_await failure_of(bed.stream(StorageVolUpload{.vol = disk_ref}))).code, Code::no_support);
  });
}

TEST(ServicePools, AreListedByFlags) {
  with_storage([](Bed& bed, FakeStorage& storage) -> Task<> {
    co_await bed.call(StoragePoolCreateXml{.xml = "passing"});
    const auto names = [&bed](std::uint32_t flags) -> Task<std::string> {
      const auto listed = co_await bed.call(ConnectListAllStoragePools{.need_results = 1, .flags = flags});
      std::string all;
      for (const StoragePoolRef& pool : listed.pools.items) all += pool.name + " ";
      EXPECT_EQ(listed.count, listed.pools.items.size());
      co_return all;
    };
    EXPECT_EQ(co_await names(0), "backup default passing ");
    EXPECT_EQ(co_await names(1), "backup ");
    EXPECT_EQ(co_await names(2), "default passing ");
    EXPECT_EQ(co_await names(3), "backup default passing ");
    EXPECT_EQ(co_await names(2 | 4), "default ");
    EXPECT_EQ(co_await names(8), "passing ");
    EXPECT_EQ(co_await names(16), "default ");
    EXPECT_EQ(co_await names(32), "backup passing ");
    EXPECT_EQ(co_await names(64 | 128), "backup default passing ");
    EXPECT_EQ(co_await names(128), "");
    EXPECT_EQ((co_await bed.failure(ConnectListAllStoragePools{.flags = 1u << 20})).code, Code::invalid_arg);
    const auto counted = co_await bed.call(ConnectListAllStoragePools{});
    EXPECT_EQ(counted.count, 3u);
    EXPECT_TRUE(counted.pools.items.empty());
    EXPECT_EQ((co_await bed.call(ConnectNumOfStoragePools{})).num, 2);
    EXPECT_EQ((co_await bed.call(ConnectNumOfDefinedStoragePools{})).num, 1);
    const auto active = co_await bed.call(ConnectListStoragePools{.maxnames = 1});
    EXPECT_EQ(active.names.items, std::vector<std::string>{"default"});
    const auto defined = co_await bed.call(ConnectListDefinedStoragePools{.maxnames = 9});
    EXPECT_EQ(defined.names.items, std::vector<std::string>{"backup"});
    storage.pools_[1]->gone = true;  // while it is being asked
    EXPECT_EQ(co_await names(2), "passing ");
  });
}

TEST(ServicePools, AreFoundByNameUuidVolumeAndPath) {
  with_storage([](Bed& bed, FakeStorage& storage) -> Task<> {
    const StoragePoolRef pool = co_await pool_named(bed, "default");
    EXPECT_EQ(pool.uuid, storage.pools_[1]->ref_.uuid);
    EXPECT_EQ((co_await bed.call(StoragePoolLookupByUuid{.uuid = pool.uuid})).pool, pool);
    EXPECT_EQ((co_await bed.call(StoragePoolLookupByVolume{.vol = disk_ref})).pool, pool);
    EXPECT_EQ((co_await bed.call(StoragePoolLookupByTargetPath{.path = "/pools//./default/"})).pool, pool);
    EXPECT_EQ((co_await bed.failure(StoragePoolLookupByTargetPath{.path = "/pools/backup"})).code,
              Code::no_storage_pool)
        << "it is not active";
    const Error error = co_await bed.failure(StoragePoolLookupByName{.name = "nothing"});
    EXPECT_EQ(error.code, Code::no_storage_pool);
    EXPECT_EQ(error.domain, ErrorDomain::storage);
    const StoragePoolRef old_name{.name = "before", .uuid = pool.uuid};
    EXPECT_EQ((co_await bed.call(StoragePoolIsActive{.pool = old_name})).active, 1);
    const StoragePoolRef unknown{.name = "default", .uuid = {}};
    EXPECT_EQ((co_await bed.failure(StoragePoolIsActive{.pool = unknown})).code, Code::no_storage_pool);
  });
}

TEST(ServicePools, TellWhatTheyAre) {
  with_storage([](Bed& bed, FakeStorage&) -> Task<> {
    const StoragePoolRef pool = co_await pool_named(bed, "default");
    const auto info = co_await bed.call(StoragePoolGetInfo{.pool = pool});
    EXPECT_EQ(info.state.value, 2);
    EXPECT_EQ(info.capacity, 1u << 30);
    EXPECT_EQ(info.allocation, 1u << 20);
    EXPECT_EQ(info.available, 1u << 29);
    EXPECT_EQ((co_await bed.call(StoragePoolGetAutostart{.pool = pool})).autostart, 1);
    EXPECT_EQ((co_await bed.call(StoragePoolIsPersistent{.pool = pool})).persistent, 1);
    const auto live = co_await bed.call(StoragePoolGetXmlDesc{.pool = pool});
    EXPECT_NE(live.xml.find("<capacity"), std::string::npos);
    const auto defined = co_await bed.call(StoragePoolGetXmlDesc{.pool = pool, .flags = 1});
    EXPECT_EQ(defined.xml.find("<capacity"), std::string::npos);
    EXPECT_EQ((co_await bed.failure(StoragePoolGetXmlDesc{.pool = pool, .flags = 2})).code, Code::invalid_arg);
    const auto able = co_await bed.call(ConnectGetStoragePoolCapabilities{});
    EXPECT_NE(able.capabilities.find("<pool type='dir' supported='yes'>"), std::string::npos);
    EXPECT_NE(able.capabilities.find("<value>qcow2</value>"), std::string::npos);
  });
}

TEST(ServicePools, AreBuiltStartedAndEndedAsAsked) {
  with_storage([](Bed& bed, FakeStorage& storage) -> Task<> {
    const StoragePoolRef pool = co_await pool_named(bed, "backup");
    co_await bed.call(StoragePoolBuild{.pool = pool, .flags = 4});
    co_await bed.call(StoragePoolCreate{.pool = pool});
    co_await bed.call(StoragePoolRefresh{.pool = pool});
    co_await bed.call(StoragePoolSetAutostart{.pool = pool, .autostart = 1});
    co_await bed.call(StoragePoolDestroy{.pool = pool});
    co_await bed.call(StoragePoolCreate{.pool = pool, .flags = 2});
    co_await bed.call(StoragePoolDestroy{.pool = pool});
    co_await bed.call(StoragePoolDelete{.pool = pool});
    co_await bed.call(StoragePoolUndefine{.pool = pool});
    EXPECT_EQ(storage.pools_[0]->done, "build start refresh autostart stop build start stop remove undefine ");
    EXPECT_EQ((co_await bed.call(StoragePoolDefineXml{.xml = "new"})).pool.name, "new");
    co_await bed.call(StoragePoolCreateXml{.xml = "built", .flags = 1});
    EXPECT_EQ(storage.pools_.back()->done, "build ");
  });
}

TEST(ServicePools, RefuseWhatWouldNotHappen) {
  with_storage([](Bed& bed, FakeStorage& storage) -> Task<> {
    const StoragePoolRef pool = co_await pool_named(bed, "backup");
    EXPECT_EQ((co_await bed.failure(StoragePoolDelete{.pool = pool, .flags = 1})).code, Code::argument_unsupported);
    EXPECT_EQ((co_await bed.failure(StoragePoolDelete{.pool = pool, .flags = 2})).code, Code::invalid_arg);
    EXPECT_EQ((co_await bed.failure(StoragePoolBuild{.pool = pool, .flags = 1})).code, Code::argument_unsupported);
    EXPECT_EQ((co_await bed.failure(StoragePoolBuild{.pool = pool, .flags = 12})).code, Code::invalid_arg);
    EXPECT_EQ((co_await bed.failure(StoragePoolCreate{.pool = pool, .flags = 6})).code, Code::invalid_arg);
    EXPECT_EQ((co_await bed.failure(StoragePoolCreateXml{.xml = "x", .flags = 8})).code, Code::invalid_arg);
    EXPECT_EQ((co_await bed.failure(StoragePoolDefineXml{.xml = "x", .flags = 1})).code, Code::argument_unsupported);
    EXPECT_EQ((co_await bed.failure(StoragePoolRefresh{.pool = pool, .flags = 1})).code, Code::invalid_arg);
    EXPECT_EQ((co_await bed.failure(StoragePoolNumOfVolumes{.pool = pool})).code, Code::operation_invalid);
    EXPECT_EQ(storage.pools_[0]->done, "");
    EXPECT_EQ(storage.pools_.size(), 2u);
  });
}

TEST(ServicePools, AreOnlyLookedAtByMonitors) {
  with_storage(
      [](Bed& bed, FakeStorage&) -> Task<> {
        const StoragePoolRef pool = co_await pool_named(bed, "default");
        EXPECT_EQ((co_await bed.call(StoragePoolListAllVolumes{.pool = pool})).count, 2u);
        EXPECT_EQ((co_await bed.failure(StoragePoolDestroy{.pool = pool})).code, Code::operation_denied);
        EXPECT_EQ((co_await bed.failure(StorageVolDelete{.vol = disk_ref})).code, Code::operation_denied);
        const Error bytes = co_await failure_of(bed.stream(StorageVolDownload{.vol = disk_ref}));
        EXPECT_EQ(bytes.code, Code::operation_denied) << "what is on a disk is not a monitor's business";
      },
      remote::Role::monitor);
}

TEST(ServicePoolEvents, ReachThoseWhoRegistered) {
  with_storage([](Bed& bed, FakeStorage& storage) -> Task<> {
    std::vector<std::string> told;
    bed.client.on_event([&told](const session::Notified& event) {
      if (event.procedure == StoragePoolEventRefresh::proc.number) {
        const auto message = io::or_throw(xdr::decode<StoragePoolEventRefresh>(event.fields));
        told.push_back(std::to_string(message.callback_id) + ":" + message.pool.name + ":refreshed");
      } else {
        const auto message = io::or_throw(xdr::decode<StoragePoolEventLifecycle>(event.fields));
        told.push_back(std::to_string(message.callback_id) + ":" + message.pool.name + ":" +
                       std::to_string(message.event));
      }
    });
    const StoragePoolRef backup = co_await pool_named(bed, "backup");
    const StoragePoolRef normal = co_await pool_named(bed, "default");
    EXPECT_EQ((co_await bed.call(ConnectStoragePoolEventRegisterAny{.event_id = 0})).callback_id, 0);
    EXPECT_EQ((co_await bed.call(ConnectStoragePoolEventRegisterAny{.event_id = 1})).callback_id, 1);
    EXPECT_EQ((co_await bed.call(ConnectStoragePoolEventRegisterAny{.event_id = 0, .pool = backup})).callback_id, 2);
    EXPECT_EQ((co_await bed.failure(ConnectStoragePoolEventRegisterAny{.event_id = 2})).code, Code::invalid_arg);
    const StoragePoolRef unknown{.name = "x", .uuid = {}};
    EXPECT_EQ((co_await bed.failure(ConnectStoragePoolEventRegisterAny{.event_id = 0, .pool = unknown})).code,
              Code::no_storage_pool);
    const driver::PoolRef default_ref{.name = "default", .uuid = normal.uuid};
    storage.tell({.pool = default_ref, .event = 3});
    storage.tell({.pool = default_ref, .event = driver::PoolEvent::refreshed});
    storage.tell({.pool = {.name = "backup", .uuid = backup.uuid}, .event = 2});
    co_await bed.until([&] { return told.size() >= 4; });
    EXPECT_EQ(told, (std::vector<std::string>{"0:default:3", "1:default:refreshed", "0:backup:2", "2:backup:2"}));
    for (int id = 0; id <= 2; ++id) {
      EXPECT_FALSE(storage.watcher.expired());
      co_await bed.call(ConnectStoragePoolEventDeregisterAny{.callback_id = id});
    }
    EXPECT_TRUE(storage.watcher.expired());
    EXPECT_EQ((co_await bed.failure(ConnectStoragePoolEventDeregisterAny{.callback_id = 0})).code,
              Code::internal_error);
  });
}

TEST(ServiceVolumes, AreListedAndFound) {
  with_storage([](Bed& bed, FakeStorage& storage) -> Task<> {
    const StoragePoolRef pool = co_await pool_named(bed, "default");
    EXPECT_EQ((co_await bed.call(StoragePoolNumOfVolumes{.pool = pool})).num, 2);
    const auto first = co_await bed.call(StoragePoolListVolumes{.pool = pool, .maxnames = 1});
    EXPECT_EQ(first.names.items, std::vector<std::string>{"disk"});
    const auto all = co_await bed.call(StoragePoolListAllVolumes{.pool = pool, .need_results = 1});
    EXPECT_EQ(all.count, 2u);
    EXPECT_EQ(all.vols.items.at(1).key, "/pools/default/empty");
    const StorageVolRef found = (co_await bed.call(StorageVolLookupByName{.pool = pool, .name = "disk"})).vol;
    EXPECT_EQ(found.key, storage.disk->ref_.key);
    EXPECT_EQ((co_await bed.call(StorageVolLookupByKey{.key = found.key})).vol, found);
    EXPECT_EQ((co_await bed.call(StorageVolLookupByPath{.path = found.key})).vol, found);
    EXPECT_EQ((co_await bed.call(StorageVolGetPath{.vol = disk_ref})).name, found.key) << "its key is not trusted";
    for (const Error& error :
         {co_await bed.failure(StorageVolLookupByName{.pool = pool, .name = "nothing"}),
          co_await bed.failure(StorageVolLookupByKey{.key = "nothing"}),
          co_await bed.failure(StorageVolLookupByPath{.path = "nothing"}),
          co_await bed.failure(StorageVolGetInfo{.vol = {.pool = "default", .name = "nothing"}})}) {
      EXPECT_EQ(error.code, Code::no_storage_vol);
      EXPECT_NE(error.message.find("'nothing'"), std::string::npos) << error.message;
    }
  });
}

TEST(ServiceVolumes, AreMadeChangedAndRemoved) {
  with_storage([](Bed& bed, FakeStorage& storage) -> Task<> {
    const StoragePoolRef pool = co_await pool_named(bed, "default");
    EXPECT_EQ((co_await bed.call(StorageVolCreateXml{.pool = pool, .xml = "new", .flags = 1})).vol.name, "new");
    const auto clone = co_await bed.call(StorageVolCreateXmlFrom{.pool = pool, .xml = "clone", .clonevol = disk_ref});
    EXPECT_EQ(co_await downloaded(bed, {.vol = clone.vol}), "0123456789");
    EXPECT_EQ((co_await bed.failure(StorageVolCreateXml{.pool = pool, .xml = "x", .flags = 2})).code,
              Code::argument_unsupported);
    EXPECT_EQ((co_await bed.call(StorageVolGetInfo{.vol = disk_ref})).allocation, 4096u);
    EXPECT_EQ((co_await bed.call(StorageVolGetInfoFlags{.vol = disk_ref})).allocation, 4096u);
    EXPECT_EQ((co_await bed.call(StorageVolGetInfoFlags{.vol = disk_ref, .flags = 1})).allocation, 10u);
    EXPECT_EQ((co_await bed.call(StorageVolGetXmlDesc{.vol = disk_ref})).xml, "<volume><name>disk</name></volume>");
    co_await bed.call(StorageVolResize{.vol = disk_ref, .capacity = 77, .flags = 1 | 4});
    EXPECT_EQ((co_await bed.call(StorageVolGetInfo{.vol = disk_ref})).capacity, 77u);
    EXPECT_TRUE(storage.disk->resized.allocate && storage.disk->resized.shrink && !storage.disk->resized.delta);
    EXPECT_EQ((co_await bed.failure(StorageVolResize{.vol = disk_ref, .flags = 8})).code, Code::invalid_arg);
    EXPECT_EQ((co_await bed.failure(StorageVolWipePattern{.vol = disk_ref, .algorithm = 2})).code,
              Code::argument_unsupported);
    EXPECT_EQ((co_await bed.failure(StorageVolWipePattern{.vol = disk_ref, .algorithm = 99})).code, Code::invalid_arg);
    EXPECT_EQ(storage.disk->bytes, "0123456789");
    co_await bed.call(StorageVolWipePattern{.vol = disk_ref});
    EXPECT_EQ(storage.disk->bytes, std::string(10, '\0'));
    co_await bed.call(StorageVolWipe{.vol = disk_ref});
    EXPECT_EQ((co_await bed.failure(StorageVolDelete{.vol = disk_ref, .flags = 1})).code, Code::invalid_arg);
    EXPECT_FALSE(storage.disk->removed);
    co_await bed.call(StorageVolDelete{.vol = disk_ref});
    EXPECT_TRUE(storage.disk->removed);
  });
}

TEST(ServiceVolumeStreams, MoveTheBytesOfARange) {
  with_storage([](Bed& bed, FakeStorage& storage) -> Task<> {
    EXPECT_EQ(co_await downloaded(bed, {.vol = disk_ref}), "0123456789");
    EXPECT_EQ(co_await downloaded(bed, {.vol = disk_ref, .offset = 3, .length = 4}), "3456");
    EXPECT_EQ(co_await downloaded(bed, {.vol = {.pool = "default", .name = "empty"}}), "");
    co_await upload(bed, {.vol = disk_ref, .offset = 2, .length = 4}, {"ab", "cd"});
    EXPECT_EQ(storage.disk->bytes, "01abcd6789");
    co_await upload(bed, {.vol = disk_ref, .offset = 8}, {"the end"});
    EXPECT_EQ(storage.disk->bytes, "01abcd67the end");
    co_await upload(bed, {.vol = disk_ref}, {});
    EXPECT_EQ(storage.disk->bytes, "01abcd67the end");
  });
}

TEST(ServiceVolumeStreams, CarryHolesWhenAskedTo) {
  with_storage([](Bed& bed, FakeStorage& storage) -> Task<> {
    auto up = co_await bed.stream(StorageVolUpload{.vol = disk_ref, .flags = 1});
    co_await up->out().write({.hole = 6});
    co_await up->out().write({.bytes = Chunk::copy_of(as_bytes("xy"))});
    co_await up->finish();
    EXPECT_EQ(storage.disk->bytes, std::string(6, '\0') + "xy89");
    EXPECT_EQ(storage.disk->holes, 1);
    EXPECT_EQ(co_await downloaded(bed, {.vol = disk_ref, .flags = 1}), "(6)xy89");
    EXPECT_EQ(co_await downloaded(bed, {.vol = disk_ref}), std::string(6, '\0') + "xy89");
  });
}

TEST(ServiceVolumeStreams, RefusedBeforeTheyBeginAreErrorReplies) {
  with_storage([](Bed& bed, FakeStorage& storage) -> Task<> {
    const StorageVolRef nothing{.pool = "default", .name = "nothing", .key = storage.disk->ref_.key};
    EXPECT_EQ((co_await failure_of(bed.stream(StorageVolUpload{.vol = nothing}))).code, Code::no_storage_vol);
    EXPECT_EQ((co_await failure_of(bed.stream(StorageVolDownload{.vol = nothing}))).code, Code::no_storage_vol);
    EXPECT_EQ((co_await failure_of(bed.stream(StorageVolUpload{.vol = disk_ref, .flags = 2}))).code, Code::invalid_arg);
    storage.disk->busy = true;
    EXPECT_EQ((co_await failure_of(bed.stream(StorageVolUpload{.vol = disk_ref}))).code, Code::resource_busy);
    EXPECT_EQ((co_await failure_of(bed.stream(StorageVolDownload{.vol = disk_ref}))).code, Code::resource_busy);
  });
}

TEST(ServiceVolumeStreams, AnUploadThatFailsSaysWhy) {
  with_storage([](Bed& bed, FakeStorage& storage) -> Task<> {
    storage.disk->upload_fails_at = 6;
    const Error full = co_await failure_of(upload(bed, {.vol = disk_ref}, {"abc", "def", "ghi"}));
    EXPECT_EQ(full.code, Code::system_error);
    EXPECT_EQ(full.message, "the disk is full");
    const Error longer = co_await failure_of(upload(bed, {.vol = disk_ref, .length = 2}, {"abc"}));
    EXPECT_EQ(longer.message, "more came than the range has");
    EXPECT_EQ((co_await bed.call(StorageVolGetInfo{.vol = disk_ref})).capacity, 1024u) << "the connection lives";
  });
}

}  // namespace
}  // namespace sluice::service
