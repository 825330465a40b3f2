// The life of pools, who may be called what, and what is told of it.
#include "bed.h"

namespace sluice::storage_contract {
namespace {

using driver::PoolState;
using Pools = Bed;

TEST_F(Pools, APoolIsBuiltStartedStoppedDeletedAndUndefined) {
  std::vector<std::int32_t> events;
  run([&]() -> Task<> {
    const auto token = storage().watch([&](const driver::PoolEvent& event) { events.push_back(event.event); });
    const std::string path = path_of("deep/er/pool");
    const auto pool = co_await storage().define(pool_xml("p", path));
    const Error missing = co_await failure_of(pool->start());
    EXPECT_EQ(missing.message, "cannot open directory '" + path + "': No such file or directory");
    EXPECT_EQ(missing.domain, ErrorDomain::storage);
    EXPECT_EQ((co_await failure_of(pool->remove())).os_error, ENOENT);
    co_await pool->build();
    co_await pool->build();  // one that is there is no error
    EXPECT_EQ((co_await pool->info()).state, PoolState::inactive);
    co_await pool->start();
    EXPECT_EQ((co_await failure_of(pool->start())).message, "storage pool 'p' is active");
    EXPECT_EQ((co_await failure_of(pool->build())).code, Code::operation_invalid);
    EXPECT_EQ((co_await failure_of(pool->remove())).code, Code::operation_invalid);
    EXPECT_EQ((co_await failure_of(pool->undefine())).code, Code::operation_invalid);
    co_await pool->refresh();
    const auto volume = co_await pool->create(volume_xml("a", 10));
    co_await pool->stop();
    EXPECT_EQ((co_await failure_of(pool->volumes())).message, "storage pool 'p' is not active");
    EXPECT_EQ((co_await failure_of(volume->info())).code, Code::operation_invalid);
    EXPECT_EQ((co_await failure_of(pool->remove())).message,
              "cannot remove directory '" + path + "': Directory not empty");
    co_await pool->start();
    co_await (co_await driver::lookup_volume(storage(), "p", "a"))->remove();
    co_await pool->stop();
    co_await pool->remove();
    EXPECT_EQ((co_await failure_of(pool->start())).os_error, ENOENT);
    co_await pool->undefine();
    EXPECT_EQ((co_await storage().pools()).size(), 0U);
    EXPECT_EQ((co_await failure_of(pool->start())).message, "storage pool 'p' is no more");
  });
  using driver::PoolEvent;
  EXPECT_EQ(events, (std::vector<std::int32_t>{0, 4, 4, 2, PoolEvent::refreshed, 3, 2, 3, 5, 1}));
}

TEST_F(Pools, AnActivePoolTellsWhatItHasAndTakes) {
  run([&]() -> Task<> {
    const auto pool = co_await storage().create(pool_xml("p"), true);
    const driver::PoolInfo info = co_await pool->info();
    EXPECT_EQ(info.state, PoolState::running);
    EXPECT_GT(info.capacity, 0U);
    EXPECT_GE(info.capacity, info.available);
    EXPECT_LE(info.allocation, info.capacity - info.available);  // a file system keeps some for root
    EXPECT_NE((co_await pool->xml(false)).find("<available"), std::string::npos);
    EXPECT_EQ((co_await pool->xml(true)).find("<available"), std::string::npos);
    EXPECT_EQ((co_await failure_of(pool->set_autostart(true))).message,
              "storage pool 'p' has no definition that could be marked for autostart");
  });
}

TEST_F(Pools, AStoppedTransientPoolIsForgottenAndItsVolumesStay) {
  run([&]() -> Task<> {
    const auto pool = co_await storage().create(pool_xml("p"), true);
    EXPECT_FALSE(co_await pool->persistent());
    co_await volume_with(*pool, "a", "text");
    co_await pool->stop();
    EXPECT_EQ((co_await storage().pools()).size(), 0U);
    EXPECT_EQ((co_await failure_of(pool->start())).code, Code::no_storage_pool);
    EXPECT_EQ((co_await failure_of(pool->xml(false))).code, Code::no_storage_pool);
    const auto again = co_await storage().create(pool_xml("p"), false);
    EXPECT_EQ(co_await names_of(*again), Names{"a"});
    EXPECT_EQ(co_await content(*co_await again->find("a")), "text");
  });
}

TEST_F(Pools, ATransientPoolThatIsDefinedOutlivesItsStop) {
  run([&]() -> Task<> {
    const auto pool = co_await storage().create(pool_xml("p"), true);
    const std::string xml = co_await pool->xml(true);
    co_await storage().define(xml);
    EXPECT_TRUE(co_await pool->persistent());
    co_await pool->set_autostart(true);
    EXPECT_TRUE(co_await pool->autostart());
    co_await pool->stop();
    EXPECT_EQ((co_await storage().pools()).size(), 1U);
  });
}

TEST_F(Pools, NamesUuidsAndDirectoriesBelongToOnePool) {
  run([&]() -> Task<> {
    const auto pool = co_await storage().define(pool_xml("p"));
    EXPECT_EQ(co_await storage().find_pool(pool->ref().uuid), pool);
    EXPECT_EQ(co_await storage().find_pool("p"), pool);
    EXPECT_EQ((co_await failure_of(driver::lookup_pool(storage(), "q"))).message,
              "there is no storage pool called 'q'");
    const Error name = co_await failure_of(storage().define(pool_xml("p", path_of("other"))));
    EXPECT_TRUE(name.message.starts_with("there is a storage pool 'p' already")) << name.message;
    const Error place = co_await failure_of(storage().create(pool_xml("q", path_of("p")), true));
    EXPECT_EQ(place.message, "directory '" + path_of("p") + "' belongs to storage pool 'p', not to 'q'");
    std::string renamed = co_await pool->xml(true);
    renamed.replace(renamed.find("<name>p<"), 8, "<name>r<");
    EXPECT_EQ((co_await failure_of(storage().define(renamed))).message,
              "uuid " + pool->ref().uuid.text() + " belongs to storage pool 'p', not to 'r'");
    std::string moved = co_await pool->xml(true);
    moved.replace(moved.find(path_of("p")), path_of("p").size(), path_of("moved"));
    EXPECT_EQ(co_await storage().define(moved), pool);
    EXPECT_NE((co_await pool->xml(true)).find("moved"), std::string::npos);
    EXPECT_EQ((co_await storage().pools()).size(), 1U);
  });
}

TEST_F(Pools, APoolThatCannotBeStartedIsNotLeftBehind) {
  run([&]() -> Task<> {
    const Error why = co_await failure_of(storage().create(pool_xml("p"), false));
    EXPECT_EQ(why.os_error, ENOENT);
    EXPECT_EQ((co_await storage().pools()).size(), 0U);
    co_await storage().define(pool_xml("q", path_of("p")));  // the directory is free again
  });
}

}  // namespace
}  // namespace sluice::storage_contract
