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

TEST_F(Volumes, AVolumeIsAFileOfItsModeAndItsBlocks) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const std::string mode = "<target><permissions><mode>0644</mode></permissions></target>";
    co_await pool.create(volume_xml("b", 1'000'000));
    const auto volume = co_await pool.create(volume_xml("a", 3'000'000, sparse() + mode));
    const std::string path = path_ + "/a";
    EXPECT_TRUE(content(path) == std::string(3'000'000, '\0'));
    EXPECT_EQ(allocated(path), 0U);
    EXPECT_GE(allocated(path_ + "/b"), 1'000'000U);
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0644U);
    co_await volume->remove();
  });
  EXPECT_EQ(files(), Names{"b"});
}

TEST_F(Volumes, AVolumeThatDoesNotFitIsNamedByItsPath) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const Error why = co_await failure_of(pool.create(volume_xml("a", std::uint64_t{1} << 50U)));
    EXPECT_NE(why.message.find(path_ + "/a"), std::string::npos) << why.message;
  });
  EXPECT_EQ(files(), Names{});
}

}  // namespace
}  // namespace sluice::storage
