#include <unistd.h>

#include "driver/storage.h"
#include "storage/storage_bed_test.h"

namespace sluice::storage {
namespace {

using Volumes = StorageBed;

TEST_F(Volumes, NamesCannotLeaveThePool) {
  write_file(directory_ / "secret", "secret");
  with_pool([&](driver::Pool& pool) -> Task<> {
    for (const std::string name : {"../secret", "..", ".", "", "/etc/passwd", "sub/x"}) {
      EXPECT_EQ((co_await pool.find(name)), nullptr) << name;
      co_await failure_of(pool.create(volume_xml(name, 10)));
    }
    EXPECT_EQ((co_await failure_of(pool.create(volume_xml(".sluice-partial-x", 10)))).code, Code::invalid_arg);
  });
  EXPECT_EQ(files(), Names{});
  EXPECT_EQ(content(directory_ / "secret"), "secret");
}

TEST_F(Volumes, OnlyRegularFilesAreVolumes) {
  write_file(directory_ / "secret", "secret");
  with_pool([&](driver::Pool& pool) -> Task<> {
    EXPECT_EQ(::symlink("../secret", (path_ + "/link").c_str()), 0);
    EXPECT_EQ(::symlink("file", (path_ + "/inner").c_str()), 0);
    EXPECT_EQ(::mkfifo((path_ + "/fifo").c_str(), 0600), 0);
    std::filesystem::create_directory(path_ + "/directory");
    write_file(path_ + "/file", "text");
    EXPECT_EQ(co_await names_of(pool), Names{"file"});
    for (const std::string name : {"link", "inner", "fifo", "directory"})
      EXPECT_EQ((co_await pool.find(name)), nullptr);
    EXPECT_EQ((co_await failure_of(pool.create(volume_xml("link", 10)))).code, Code::storage_vol_exist);
  });
}

TEST_F(Volumes, AVolumeThatBecameALinkIsNotFollowed) {
  write_file(directory_ / "secret", "secret");
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await pool.create(volume_xml("a", 100));
    std::filesystem::remove(path_ + "/a");
    EXPECT_EQ(::symlink("../secret", (path_ + "/a").c_str()), 0);
    driver::Job job(driver::JobKind::upload);
    Pieces from;
    from.pieces.push_back(piece_of("x"));
    EXPECT_EQ((co_await failure_of(volume->upload({}, from, job))).code, Code::no_storage_vol);
    Collected to;
    EXPECT_EQ((co_await failure_of(volume->download({}, to, job))).code, Code::no_storage_vol);
    EXPECT_EQ((co_await failure_of(volume->resize(1000, {}))).code, Code::no_storage_vol);
    EXPECT_EQ((co_await failure_of(volume->wipe())).code, Code::no_storage_vol);
    EXPECT_EQ((co_await failure_of(volume->remove())).code, Code::no_storage_vol);
  });
  EXPECT_EQ(content(directory_ / "secret"), "secret");
}

TEST_F(Volumes, AVolumeIsCreatedListedFoundAndDeleted) {
  with_storage([&](DirectoryStorage& storage) -> Task<> {
    const auto pool = co_await storage.create(pool_xml("p"), true);
    const std::string mode = "<target><permissions><mode>0644</mode></permissions></target>";
    co_await pool->create(volume_xml("b", 1'000'000));
    const auto volume = co_await pool->create(volume_xml("a", 3'000'000, sparse() + mode));
    const std::string path = path_ + "/a";
    EXPECT_EQ(volume->ref(), (driver::VolumeRef{.pool = "p", .name = "a", .key = path}));
    EXPECT_EQ(co_await names_of(*pool), (Names{"a", "b"}));
    EXPECT_TRUE(content(path) == std::string(3'000'000, '\0'));
    EXPECT_EQ(allocated(path), 0U);
    EXPECT_GE(allocated(path_ + "/b"), 1'000'000U);
    const driver::VolumeInfo info = co_await volume->info();
    EXPECT_EQ(info.capacity, 3'000'000U);
    EXPECT_EQ(info.allocation, 0U);
    EXPECT_NE((co_await volume->xml()).find("0644"), std::string::npos);
    EXPECT_EQ((co_await failure_of(pool->create(volume_xml("a", 5)))).message,
              "there is a volume 'a' of storage pool 'p' already");

    EXPECT_EQ((co_await storage.find_volume_by_key(path))->ref().name, "a");
    EXPECT_EQ((co_await driver::lookup_volume(storage, "p", "b"))->path(), path_ + "/b");
    EXPECT_EQ((co_await storage.find_volume_by_path(path_ + "/../pool/a")), nullptr);
    EXPECT_EQ((co_await storage.find_volume_by_path(path_ + "/c")), nullptr);
    co_await volume->remove();
    EXPECT_EQ((co_await pool->find("a")), nullptr);
    EXPECT_EQ((co_await failure_of(volume->info())).code, Code::no_storage_vol);
    EXPECT_EQ((co_await failure_of(volume->remove())).message, "there is no volume 'a' of storage pool 'p'");
  });
  EXPECT_EQ(files(), Names{"b"});
}

TEST_F(Volumes, AVolumeThatDoesNotFitLeavesNothing) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const Error why = co_await failure_of(pool.create(volume_xml("a", std::uint64_t{1} << 50U)));
    EXPECT_EQ(why.code, Code::system_error) << why.message;
    EXPECT_NE(why.message.find(path_ + "/a"), std::string::npos) << why.message;
  });
  EXPECT_EQ(files(), Names{});
}

TEST_F(Volumes, ACloneHasTheBytesAndTheHoles) {
  const std::string text = pattern(700'000);
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto original = co_await pool.create(volume_xml("a", 50'000'000, sparse()));
    std::fstream file(path_ + "/a", std::ios::in | std::ios::out | std::ios::binary);
    file << text;
    file.seekp(30'000'001) << text;
    file.close();
    const auto same = co_await pool.create_from(volume_xml("b", 0), *original);
    EXPECT_TRUE(content(same->path()) == content(original->path()));
    EXPECT_LT(allocated(same->path()), 3'000'000U);
    const auto larger = co_await pool.create_from(volume_xml("c", 60'000'000), *original);
    EXPECT_EQ((co_await larger->info()).capacity, 60'000'000U);
    EXPECT_TRUE(content(larger->path()).substr(0, 50'000'000) == content(original->path()));
    EXPECT_EQ((co_await failure_of(pool.create_from(volume_xml("b", 0), *original))).code, Code::storage_vol_exist);
  });
  EXPECT_EQ(files(), (Names{"a", "b", "c"}));
}

TEST_F(Volumes, AVolumeGrowsAndShrinksOnlyWhenThatIsMeant) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await pool.create(volume_xml("a", 1'000'000, sparse()));
    write_file(path_ + "/a", pattern(1'000'000));
    co_await volume->resize(2'000'000, {});
    EXPECT_EQ((co_await volume->info()).capacity, 2'000'000U);
    EXPECT_TRUE(content(path_ + "/a") == pattern(1'000'000) + std::string(1'000'000, '\0'));
    co_await volume->resize(3'000'000, {.allocate = true, .delta = true});
    EXPECT_EQ((co_await volume->info()).capacity, 5'000'000U);
    EXPECT_GE(allocated(path_ + "/a"), 4'000'000U);
    const Error why = co_await failure_of(volume->resize(10, {}));
    EXPECT_EQ(why.code, Code::operation_invalid);
    EXPECT_NE(why.message.find("'a'"), std::string::npos);
    co_await volume->resize(4'999'990, {.delta = true, .shrink = true});
    EXPECT_TRUE(content(path_ + "/a") == pattern(1'000'000).substr(0, 10));
    EXPECT_EQ((co_await failure_of(volume->resize(~std::uint64_t{0}, {.delta = true}))).code, Code::invalid_arg);
    const Error full = co_await failure_of(volume->resize(std::uint64_t{1} << 60U, {.allocate = true}));
    EXPECT_EQ(full.os_error, ENOSPC) << full.message;
    EXPECT_EQ((co_await volume->info()).capacity, 10U);
  });
}

TEST_F(Volumes, AWipedVolumeIsAllZeros) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await pool.create(volume_xml("a", 3'000'001));
    write_file(path_ + "/a", pattern(3'000'001));
    co_await volume->wipe();
    EXPECT_TRUE(content(path_ + "/a") == std::string(3'000'001, '\0'));
  });
}

}  // namespace
}  // namespace sluice::storage
