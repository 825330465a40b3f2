#include "driver/storage.h"
#include "storage/storage_bed_test.h"

namespace sluice::storage {
namespace {

using driver::PoolState;
using Pools = StorageBed;

TEST_F(Pools, ADefinedPoolIsThereAfterARestartAndATransientOneIsNot) {
  with_storage([&](DirectoryStorage& storage) -> Task<> {
    co_await storage.define(pool_xml("kept", directory_ / "kept"));
    const auto passing = co_await storage.create(pool_xml("passing"), true);
    EXPECT_TRUE(co_await passing->active());
    EXPECT_FALSE(co_await passing->persistent());
    const auto all = co_await storage.pools();
    EXPECT_EQ(all.size(), 2U);
    EXPECT_EQ(all.front()->ref().name, "kept");
  });
  with_storage([&](DirectoryStorage& storage) -> Task<> {
    const auto kept = co_await storage.find_pool("kept");
    EXPECT_TRUE(kept);
    if (!kept) co_return;
    EXPECT_TRUE(co_await kept->persistent());
    EXPECT_FALSE(co_await kept->active());
    EXPECT_EQ((co_await storage.find_pool(kept->ref().uuid)), kept);
    EXPECT_EQ((co_await storage.find_pool("passing")), nullptr);
  });
}

TEST_F(Pools, AStoppedTransientPoolIsForgottenAndItsVolumesStay) {
  with_storage([&](DirectoryStorage& storage) -> Task<> {
    const auto pool = co_await storage.create(pool_xml("p"), true);
    co_await pool->create(volume_xml("a", 10));
    co_await pool->stop();
    EXPECT_EQ((co_await storage.pools()).size(), 0U);
    EXPECT_EQ((co_await failure_of(pool->start())).code, Code::no_storage_pool);
    EXPECT_EQ((co_await failure_of(pool->xml(false))).code, Code::no_storage_pool);
  });
  EXPECT_EQ(files(), Names{"a"});
}

TEST_F(Pools, APoolIsBuiltStartedStoppedDeletedAndUndefined) {
  with_storage([&](DirectoryStorage& storage) -> Task<> {
    std::vector<std::int32_t> events;
    const auto token = storage.watch([&](const driver::PoolEvent& event) { events.push_back(event.event); });
    path_ = directory_ / "deep/er/pool";
    const auto pool = co_await storage.define("<pool type='dir'><name>p</name><target><path>" + path_ +
                                              "</path><permissions><mode>0750</mode></permissions></target></pool>");
    const Error missing = co_await failure_of(pool->start());
    EXPECT_EQ(missing.message, "cannot open directory '" + path_ + "': No such file or directory");
    EXPECT_EQ(missing.domain, ErrorDomain::storage);
    co_await pool->build();
    struct stat status{};
    EXPECT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0750U);
    co_await pool->start();
    EXPECT_EQ((co_await failure_of(pool->start())).message, "storage pool 'p' is active");
    EXPECT_EQ((co_await failure_of(pool->remove())).code, Code::operation_invalid);
    EXPECT_EQ((co_await failure_of(pool->undefine())).code, Code::operation_invalid);
    const driver::PoolInfo info = co_await pool->info();
    EXPECT_EQ(info.state, PoolState::running);
    EXPECT_GT(info.capacity, info.available);
    EXPECT_NE((co_await pool->xml(false)).find("<available"), std::string::npos);
    EXPECT_EQ((co_await pool->xml(true)).find("<available"), std::string::npos);
    co_await pool->refresh();
    const auto volume = co_await pool->create(volume_xml("a", 10));
    co_await pool->stop();
    EXPECT_EQ((co_await failure_of(pool->volumes())).message, "storage pool 'p' is not active");
    EXPECT_EQ((co_await failure_of(volume->info())).code, Code::operation_invalid);
    EXPECT_EQ((co_await failure_of(pool->remove())).message,
              "cannot remove directory '" + path_ + "': Directory not empty");
    std::filesystem::remove(path_ + "/a");
    co_await pool->remove();
    co_await pool->undefine();
    EXPECT_EQ((co_await storage.pools()).size(), 0U);
    EXPECT_EQ(events, (std::vector<std::int32_t>{0, 4, 2, driver::PoolEvent::refreshed, 3, 5, 1}));
  });
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_TRUE(store_.pools().empty());
}

TEST_F(Pools, MarkedPoolsAreStartedWhenTheStorageLoadsAndABrokenOneHoldsNobodyUp) {
  with_storage([&](DirectoryStorage& storage) -> Task<> {
    for (const std::string name : {"a", "broken", "z"}) {
      const auto pool = co_await storage.define(pool_xml(name, directory_ / name));
      if (name != "broken") co_await pool->build();
      co_await pool->set_autostart(true);
    }
    const auto passing = co_await storage.create(pool_xml("passing"), true);
    EXPECT_EQ((co_await failure_of(passing->set_autostart(true))).code, Code::operation_invalid);
  });
  with_storage([&](DirectoryStorage& storage) -> Task<> {
    for (const std::string name : {"a", "broken", "z"}) {
      const auto pool = co_await driver::lookup_pool(storage, name);
      EXPECT_EQ(co_await pool->active(), name != "broken") << name;
      EXPECT_TRUE(co_await pool->autostart());
    }
  });
}

TEST_F(Pools, NamesUuidsAndDirectoriesBelongToOnePool) {
  with_storage([&](DirectoryStorage& storage) -> Task<> {
    const auto pool = co_await storage.define(pool_xml("p"));
    const Error name = co_await failure_of(storage.define(pool_xml("p", directory_ / "other")));
    EXPECT_NE(name.message.find("there is a storage pool 'p' already"), std::string::npos) << name.message;
    const Error place = co_await failure_of(storage.create(pool_xml("q"), true));
    EXPECT_EQ(place.message, "directory '" + path_ + "' belongs to storage pool 'p', not to 'q'");
    std::string moved = co_await pool->xml(true);
    moved.replace(moved.find(path_), path_.size(), directory_ / "moved");
    const auto again = co_await storage.define(moved);
    EXPECT_EQ(again, pool);
    EXPECT_NE((co_await pool->xml(true)).find("moved"), std::string::npos);
    EXPECT_EQ((co_await storage.pools()).size(), 1U);
  });
}

TEST_F(Pools, ATransientPoolThatIsDefinedOutlivesItsStop) {
  with_storage([&](DirectoryStorage& storage) -> Task<> {
    const auto pool = co_await storage.create(pool_xml("p"), true);
    const std::string xml = co_await pool->xml(true);
    co_await storage.define(xml);
    EXPECT_TRUE(co_await pool->persistent());
    co_await pool->stop();
    EXPECT_EQ((co_await storage.pools()).size(), 1U);
  });
}

TEST_F(Pools, APoolThatCannotBeStartedIsNotLeftBehind) {
  with_storage([&](DirectoryStorage& storage) -> Task<> {
    const Error why = co_await failure_of(storage.create(pool_xml("p"), false));
    EXPECT_EQ(why.os_error, ENOENT);
    EXPECT_EQ((co_await storage.pools()).size(), 0U);
    co_await storage.define(pool_xml("q"));  // the directory is free again
  });
}

TEST_F(Pools, WhatAnEarlierDaemonBeganToMakeIsTakenAway) {
  std::filesystem::create_directory(path_);
  write_file(path_ + "/.sluice-partial-abc", "half");
  write_file(path_ + "/.hidden", "somebody's");
  with_pool([&](driver::Pool& pool) -> Task<> { EXPECT_EQ(co_await names_of(pool), Names{".hidden"}); });
  EXPECT_EQ(files(), Names{".hidden"});
}

}  // namespace
}  // namespace sluice::storage
