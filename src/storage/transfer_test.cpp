#include "io/file.h"
#include "storage/storage_bed_test.h"

namespace sluice::storage {
namespace {

using driver::Job;
using driver::JobKind;

class Transfers : public StorageBed {
 protected:
  static Task<bool> incomplete(driver::Volume& volume) {
    const std::string xml = co_await volume.xml();
    co_return xml.find("<incomplete") != std::string::npos;
  }
  // A raw volume 'a' that holds `text`.
  Task<std::shared_ptr<driver::Volume>> volume_with(driver::Pool& pool, std::string text) {
    auto volume = co_await pool.create(volume_xml("a", text.size(), sparse()));
    write_file(volume->path(), text);
    co_return volume;
  }
  Task<> upload(driver::Volume& volume, Pieces& from, driver::Range range = {}) {
    co_await volume.upload(range, from, job_);
  }

  Job job_{JobKind::upload};
};

TEST_F(Transfers, BytesPassInsideTheKernel) {
  const std::string sent = pattern(3'000'001);
  write_file(directory_ / "sent", sent);
  with_pool([&](driver::Pool& pool) -> Task<> {
    io::Disk disk;
    const auto volume = co_await volume_with(pool, std::string(3'100'000, 'x'));
    const auto from = co_await io::open_source(disk, directory_ / "sent");
    co_await volume->upload({.offset = 777}, *from, job_);
    EXPECT_TRUE(content(volume->path()).substr(777, sent.size()) == sent);
    Collected to;
    to.splices = true;
    co_await volume->download({.offset = 777, .length = sent.size()}, to, job_);
    EXPECT_EQ(to.in_kernel, sent.size());
    EXPECT_TRUE(to.bytes == sent);
  });
}

TEST_F(Transfers, NothingIsReadBeforeItIsWanted) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, pattern(300'000));
    const std::string later = pattern(300'000, 5);
    Collected to;
    to.until_wanted = [&]() -> Task<> {
      if (to.bytes.empty()) write_file(volume->path(), later);
      co_return;
    };
    co_await volume->download({}, to, job_);
    EXPECT_TRUE(to.bytes == later);
  });
}

TEST_F(Transfers, AFileThatWasNeverWantedIsClosed) {
  const auto descriptors = [] {
    const std::filesystem::directory_iterator open("/proc/self/fd");
    return std::distance(begin(open), end(open));
  };
  const auto before = descriptors();
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, pattern(300'000));
    Collected to;
    to.until_wanted = []() -> Task<> {
      io::fail(Code::operation_aborted, "the client went away");
      co_return;
    };
    const Error why = co_await failure_of(volume->download({}, to, job_));
    EXPECT_NE(why.message.find("the client went away"), std::string::npos);
    co_await volume->remove();
  });
  EXPECT_EQ(descriptors(), before);
}

TEST_F(Transfers, AnUploadThatWasCutStaysIncompleteAfterARestartUntilOneIsWhole) {
  with_storage([&](DirectoryStorage& storage) -> Task<> {
    const auto pool = co_await storage.define(pool_xml("p"));
    co_await pool->build();
    co_await pool->set_autostart(true);
    co_await pool->start();
    const auto volume = co_await volume_with(*pool, pattern(3'000'000));
    Pieces from;
    from.pieces.push_back(piece_of(pattern(1'500'000, 3)));
    from.fails = true;
    const Error why = co_await failure_of(upload(*volume, from));
    EXPECT_EQ(why.code, Code::operation_aborted);
    EXPECT_NE(why.message.find("the client went away"), std::string::npos);
    EXPECT_TRUE(co_await incomplete(*volume));
    EXPECT_EQ((co_await failure_of(pool->create_from(volume_xml("b", 0), *volume))).code, Code::operation_invalid);
  });
  EXPECT_EQ(store_.incomplete_volumes(), Names{path_ + "/a"});
  with_storage([&](DirectoryStorage& storage) -> Task<> {
    const auto volume = co_await driver::lookup_volume(storage, "p", "a");
    EXPECT_TRUE(co_await incomplete(*volume));
    Pieces from;
    from.pieces.push_back(piece_of(pattern(3'000'000, 3)));
    co_await upload(*volume, from);
    EXPECT_FALSE(co_await incomplete(*volume));
  });
  EXPECT_EQ(store_.incomplete_volumes(), Names{});
}

TEST_F(Transfers, HolesAreOnTheDiskAndWhatIsBetweenPassesInsideTheKernel) {
  const std::string part = pattern(100'001, 3);
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, pattern(6'000'000));
    Pieces from;
    from.pieces.push_back(piece_of(part));
    from.pieces.push_back(hole_of(6'000'000 - part.size()));
    co_await upload(*volume, from);
    EXPECT_TRUE(content(volume->path()) == part + std::string(6'000'000 - part.size(), '\0'));
    EXPECT_LT(allocated(volume->path()), 1'000'000U);
    for (const bool splices : {false, true}) {
      Collected to;
      to.splices = splices;
      co_await volume->download({.sparse = true}, to, job_);
      EXPECT_TRUE(to.bytes == content(volume->path()));
      EXPECT_GT(to.in_holes, 5'000'000U);
      EXPECT_EQ(to.in_kernel > 0, splices);
    }
  });
}

TEST_F(Transfers, AMarkGoesFromTheStoreWithItsVolume) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, pattern(10));
    Pieces from;
    from.fails = true;
    co_await failure_of(upload(*volume, from));
    EXPECT_EQ(store_.incomplete_volumes(), Names{path_ + "/a"});
    co_await volume->remove();
  });
  EXPECT_EQ(store_.incomplete_volumes(), Names{});
}

// Only somebody beside the daemon can do that: while it is downloaded the storage lets nobody resize it.
TEST_F(Transfers, AFileThatIsCutBehindOurBackEndsItsDownloadThere) {
  const std::string old = pattern(30'000'000);
  for (const bool splices : {false, true}) {
    with_pool([&](driver::Pool& pool) -> Task<> {
      const auto volume = co_await volume_with(pool, old);
      Collected to;
      to.splices = splices;
      to.before_write = [&](std::uint64_t at) {
        if (at == 0) std::filesystem::resize_file(volume->path(), 20'000'000);
      };
      co_await volume->download({}, to, job_);
      EXPECT_TRUE(to.finished);
      EXPECT_EQ(to.bytes.size(), 20'000'000U);
      EXPECT_TRUE(old.starts_with(to.bytes));
      co_await volume->remove();
    });
  }
}

}  // namespace
}  // namespace sluice::storage
