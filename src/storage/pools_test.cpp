#include "driver/storage.h"
#include "storage/storage_bed_test.h"

namespace sluice::storage {
namespace {

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

TEST_F(Pools, WhatAnEarlierDaemonBeganToMakeIsTakenAway) {
  std::filesystem::create_directory(path_);
  write_file(path_ + "/.sluice-partial-abc", "half");
  write_file(path_ + "/.hidden", "somebody's");
  with_pool([&](driver::Pool& pool) -> Task<> { EXPECT_EQ(co_await names_of(pool), Names{".hidden"}); });
  EXPECT_EQ(files(), Names{".hidden"});
}

TEST_F(Pools, ADirectoryIsMadeWithItsModeAndTakenAway) {
  with_storage([&](DirectoryStorage& storage) -> Task<> {
    path_ = directory_ / "deep/er/pool";
    const auto pool = co_await storage.define("<pool type='dir'><name>p</name><target><path>" + path_ +
                                              "</path><permissions><mode>0750</mode></permissions></target></pool>");
    co_await pool->build();
    struct stat status{};
    EXPECT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0750U);
    co_await pool->remove();
    EXPECT_FALSE(std::filesystem::exists(path_));
    co_await pool->undefine();
  });
  EXPECT_TRUE(store_.pools().empty());
}

}  // namespace
}  // namespace sluice::storage
