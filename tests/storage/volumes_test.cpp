// Volumes are made, found, cloned, resized, wiped and deleted.
#include "bed.h"

namespace sluice::storage_contract {
namespace {

using Volumes = Bed;

TEST_F(Volumes, AVolumeIsCreatedListedFoundAndDeleted) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const std::string mode = "<target><permissions><mode>0644</mode></permissions></target>";
    const auto full = co_await pool.create(volume_xml("b", 1'000'000));
    const auto volume = co_await pool.create(volume_xml("a", 3'000'000, sparse() + mode));
    const std::string path = path_of("p") + "/a";
    EXPECT_EQ(volume->ref(), (driver::VolumeRef{.pool = "p", .name = "a", .key = path}));
    EXPECT_EQ(co_await names_of(pool), (Names{"a", "b"}));
    EXPECT_TRUE(co_await content(*volume) == std::string(3'000'000, '\0'));
    const driver::VolumeInfo info = co_await volume->info();
    EXPECT_EQ(info.type, driver::VolumeType::file);
    EXPECT_EQ(info.capacity, 3'000'000U);
    EXPECT_EQ(info.physical, 3'000'000U);
    EXPECT_EQ(info.allocation, 0U);
    EXPECT_GE((co_await full->info()).allocation, 1'000'000U);
    EXPECT_NE((co_await volume->xml()).find("<mode>0644</mode>"), std::string::npos);
    EXPECT_NE((co_await full->xml()).find("<mode>0600</mode>"), std::string::npos);
    const Error twice = co_await failure_of(pool.create(volume_xml("a", 5)));
    EXPECT_EQ(twice.code, Code::storage_vol_exist);
    EXPECT_EQ(twice.message, "there is a volume 'a' of storage pool 'p' already");

    EXPECT_EQ((co_await storage().find_volume_by_key(path))->ref().name, "a");
    EXPECT_EQ((co_await driver::lookup_volume(storage(), "p", "b"))->path(), path_of("p") + "/b");
    EXPECT_EQ((co_await storage().find_volume_by_path(path_of("p") + "/../p/a")), nullptr);
    EXPECT_EQ((co_await storage().find_volume_by_path(path_of("p") + "/c")), nullptr);
    EXPECT_EQ((co_await storage().find_volume_by_path("a")), nullptr);
    co_await volume->remove();
    EXPECT_EQ((co_await pool.find("a")), nullptr);
    EXPECT_EQ(co_await names_of(pool), Names{"b"});
    EXPECT_EQ((co_await failure_of(volume->info())).code, Code::no_storage_vol);
    EXPECT_EQ((co_await failure_of(volume->remove())).message, "there is no volume 'a' of storage pool 'p'");
    Pieces from;
    EXPECT_EQ((co_await failure_of(upload(*volume, from))).code, Code::no_storage_vol);
  });
}

TEST_F(Volumes, NamesCannotLeaveThePool) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    co_await pool.create(volume_xml("a", 10));
    for (const std::string name : {"../p/a", "..", ".", "", "/etc/passwd", "sub/x", "./a"}) {
      EXPECT_EQ((co_await pool.find(name)), nullptr) << name;
      co_await failure_of(pool.create(volume_xml(name, 10)));
    }
    EXPECT_EQ(co_await names_of(pool), Names{"a"});
  });
}

TEST_F(Volumes, AVolumeThatDoesNotFitLeavesNothing) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const Error why = co_await failure_of(pool.create(volume_xml("a", std::uint64_t{1} << 50U)));
    EXPECT_EQ(why.code, Code::system_error) << why.message;
    EXPECT_EQ(why.domain, ErrorDomain::storage);
    EXPECT_EQ((co_await failure_of(pool.create(volume_xml("a", ~std::uint64_t{0}, sparse())))).message,
              "volume 'a': capacity 18446744073709551615 bytes is more than 9223372036854775807 bytes");
    EXPECT_EQ(co_await names_of(pool), Names{});
    co_await pool.create(volume_xml("a", 10));  // the name is free
  });
}

TEST_F(Volumes, ACloneHasTheBytesAndTheHoles) {
  const std::string text = pattern(700'000);
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto original = co_await pool.create(volume_xml("a", 50'000'000, sparse()));
    Pieces from;
    from.pieces.push_back(piece_of(text));
    from.pieces.push_back(hole_of(29'300'001));
    from.pieces.push_back(piece_of(text));
    co_await upload(*original, from);
    const std::string whole = co_await content(*original);
    const auto same = co_await pool.create_from(volume_xml("b", 0), *original);
    EXPECT_TRUE(co_await content(*same) == whole);
    EXPECT_LT((co_await same->info()).allocation, 3'000'000U);
    const auto larger = co_await pool.create_from(volume_xml("c", 60'000'000), *original);
    EXPECT_EQ((co_await larger->info()).capacity, 60'000'000U);
    EXPECT_TRUE(co_await content(*larger) == whole + std::string(10'000'000, '\0'));
    const auto allocated =
        co_await pool.create_from(volume_xml("d", 0, "<allocation>50000000</allocation>"), *original);
    EXPECT_GE((co_await allocated->info()).allocation, 50'000'000U);
    EXPECT_TRUE(co_await content(*allocated) == whole);
    EXPECT_EQ((co_await failure_of(pool.create_from(volume_xml("b", 0), *original))).code, Code::storage_vol_exist);
    EXPECT_EQ(co_await names_of(pool), (Names{"a", "b", "c", "d"}));
  });
}

TEST_F(Volumes, ACloneMayLieInAnotherPool) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto original = co_await volume_with(pool, "a", pattern(10'000));
    const auto other = co_await storage().create(pool_xml("q"), true);
    const auto clone = co_await other->create_from(volume_xml("a", 0), *original);
    EXPECT_EQ(clone->path(), path_of("q") + "/a");
    co_await original->wipe();
    EXPECT_TRUE(co_await content(*clone) == pattern(10'000));
  });
}

TEST_F(Volumes, AVolumeGrowsAndShrinksOnlyWhenThatIsMeant) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", pattern(1'000'000));
    co_await volume->resize(2'000'000, {});
    EXPECT_EQ((co_await volume->info()).capacity, 2'000'000U);
    EXPECT_TRUE(co_await content(*volume) == pattern(1'000'000) + std::string(1'000'000, '\0'));
    co_await volume->resize(3'000'000, {.allocate = true, .delta = true});
    EXPECT_EQ((co_await volume->info()).capacity, 5'000'000U);
    EXPECT_GE((co_await volume->info()).allocation, 4'000'000U);
    const Error why = co_await failure_of(volume->resize(10, {}));
    EXPECT_EQ(why.code, Code::operation_invalid);
    EXPECT_EQ(why.message,
              "cannot resize volume 'a' of storage pool 'p' from 5000000 to 10 bytes: it would lose what is at its "
              "end, and shrinking was not asked for");
    co_await volume->resize(4'999'990, {.delta = true, .shrink = true});
    EXPECT_TRUE(co_await content(*volume) == pattern(1'000'000).substr(0, 10));
    EXPECT_EQ((co_await failure_of(volume->resize(~std::uint64_t{0}, {.delta = true}))).code, Code::invalid_arg);
    const Error full = co_await failure_of(volume->resize(std::uint64_t{1} << 60U, {.allocate = true}));
    EXPECT_EQ(full.os_error, ENOSPC) << full.message;
    EXPECT_EQ((co_await volume->info()).capacity, 10U);
    co_await volume->resize(1'000'000, {});
    EXPECT_TRUE(co_await content(*volume) == pattern(1'000'000).substr(0, 10) + std::string(999'990, '\0'))
        << "what was cut off is gone";
  });
}

TEST_F(Volumes, AWipedVolumeIsAllZeros) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", pattern(3'000'001));
    co_await volume->wipe();
    EXPECT_TRUE(co_await content(*volume) == std::string(3'000'001, '\0'));
  });
}

}  // namespace
}  // namespace sluice::storage_contract
