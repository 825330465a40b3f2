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

TEST_F(Transfers, WhatWasUploadedIsDownloaded) {
  const std::string sent = pattern(5'000'001);
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await pool.create(volume_xml("a", sent.size(), sparse()));
    Pieces from;
    for (std::size_t at = 0; at < sent.size(); at += 300'000) from.pieces.push_back(piece_of(sent.substr(at, 300'000)));
    from.before_end = [&]() -> Task<> { EXPECT_TRUE(co_await incomplete(*volume)); };
    co_await upload(*volume, from);
    EXPECT_FALSE(co_await incomplete(*volume));
    EXPECT_EQ(job_.progress().processed, sent.size());
    EXPECT_EQ(job_.progress().remaining, 0U);
    EXPECT_TRUE(content(volume->path()) == sent);

    Collected to;
    Job download(JobKind::download);
    co_await volume->download({}, to, download);
    EXPECT_TRUE(to.finished);
    EXPECT_TRUE(to.bytes == sent);
    EXPECT_EQ(download.progress().processed, sent.size());
    co_await volume->remove();  // nobody holds it any more
  });
}

TEST_F(Transfers, OldBytesDoNotShineThroughTheHolesOfAnUpload) {
  const std::string part = pattern(100'001, 3);
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, pattern(6'000'000));
    Pieces from;
    from.pieces.push_back(piece_of(part));
    from.pieces.push_back(hole_of(3'000'003));
    from.pieces.push_back(piece_of(part));
    from.pieces.push_back(hole_of(6'000'000 - 3'000'003 - 2 * part.size()));
    co_await upload(*volume, from);
    const std::string wanted = part + std::string(3'000'003, '\0') + part;
    EXPECT_TRUE(content(volume->path()) == wanted + std::string(6'000'000 - wanted.size(), '\0'));
    EXPECT_LT(allocated(volume->path()), 1'000'000U);

    for (const bool splices : {false, true}) {
      Collected to;
      to.splices = splices;
      co_await volume->download({.sparse = true}, to, job_);
      EXPECT_TRUE(to.bytes == content(volume->path()));
      EXPECT_GT(to.in_holes, 5'000'000U);
      EXPECT_EQ(to.in_kernel > 0, splices);
      co_await volume->download({.offset = 50'000, .length = 200'000, .sparse = true}, to, job_);
      EXPECT_TRUE(to.bytes.substr(6'000'000) == content(volume->path()).substr(50'000, 200'000));
      Collected plain;
      co_await volume->download({}, plain, job_);
      EXPECT_EQ(plain.in_holes, 0U);
      EXPECT_TRUE(plain.bytes == content(volume->path()));
    }
  });
}

TEST_F(Transfers, ARangeIsWrittenAndNothingElse) {
  const std::string old = pattern(1'000'000), part = pattern(10'000, 3);
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, old);
    Pieces from;
    from.pieces.push_back(piece_of(part));
    co_await upload(*volume, from, {.offset = 123'457, .length = 10'000});
    std::string wanted = old;
    wanted.replace(123'457, 10'000, part);
    EXPECT_TRUE(content(volume->path()) == wanted);
    Collected to;
    co_await volume->download({.offset = 123'457, .length = 10'000}, to, job_);
    EXPECT_TRUE(to.bytes == part);
    Collected cut;
    co_await volume->download({.offset = 999'990, .length = 10'000}, cut, job_);
    EXPECT_TRUE(cut.bytes == old.substr(999'990));
  });
}

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

TEST_F(Transfers, MoreBytesThanTheRangeHasAreAnErrorWithBothSizes) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, pattern(2'000));
    Pieces from;
    from.pieces.push_back(piece_of(pattern(999)));
    from.pieces.push_back(piece_of("xx"));
    const Error why = co_await failure_of(upload(*volume, from, {.offset = 500, .length = 1'000}));
    EXPECT_EQ(why.code, Code::invalid_arg);
    EXPECT_EQ(why.domain, ErrorDomain::storage);
    EXPECT_EQ(why.message,
              "cannot upload to volume 'a' of storage pool 'p': more bytes come than the 1000 it has room for");
    EXPECT_EQ(from.stopped, why.message);
    EXPECT_TRUE(co_await incomplete(*volume));
    EXPECT_EQ(content(volume->path()).size(), 2'000U);
    EXPECT_TRUE(content(volume->path()).substr(1'500) == pattern(2'000).substr(1'500));
  });
}

TEST_F(Transfers, ARangeOutsideTheVolumeIsRefusedBeforeAnythingIsRead) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, pattern(2'000));
    for (const driver::Range range : {driver::Range{.offset = 2'001},
                                      {.length = 2'001},
                                      {.offset = ~0ULL, .length = 5},
                                      {.offset = 5, .length = ~0ULL}}) {
      Pieces from;
      from.pieces.push_back(piece_of("x"));
      const Error why = co_await failure_of(upload(*volume, from, range));
      EXPECT_EQ(why.code, Code::invalid_arg);
      EXPECT_EQ(from.asked, 0U);
    }
    Collected to;
    EXPECT_EQ((co_await failure_of(volume->download({.offset = 2'001}, to, job_))).code, Code::invalid_arg);
    EXPECT_NE(to.aborted, "");
    EXPECT_FALSE(co_await incomplete(*volume));
    EXPECT_TRUE(content(volume->path()) == pattern(2'000));
  });
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

TEST_F(Transfers, ADeletedVolumeIsNoLongerIncomplete) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    auto volume = co_await volume_with(pool, pattern(10));
    Pieces from;
    from.fails = true;
    co_await failure_of(upload(*volume, from));
    EXPECT_TRUE(co_await incomplete(*volume));
    co_await volume->remove();
    volume = co_await pool.create(volume_xml("a", 10));
    EXPECT_FALSE(co_await incomplete(*volume));
  });
  EXPECT_EQ(store_.incomplete_volumes(), Names{});
}

TEST_F(Transfers, NobodyElseTouchesAVolumeThatIsUploadedTo) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, pattern(10));
    Pieces from, second;
    from.pieces.push_back(piece_of("x"));
    from.before_end = [&]() -> Task<> {
      const std::string busy = "volume 'a' of storage pool 'p' is being uploaded to";
      const Error upload_refused = co_await failure_of(upload(*volume, second));
      EXPECT_EQ(upload_refused.code, Code::operation_invalid);
      EXPECT_NE(upload_refused.message.find(busy), std::string::npos) << upload_refused.message;
      EXPECT_EQ(second.asked, 0U);
      EXPECT_EQ((co_await failure_of(volume->remove())).message, busy);
      EXPECT_EQ((co_await failure_of(volume->resize(20, {}))).message, busy);
      EXPECT_EQ((co_await failure_of(volume->wipe())).message, busy);
      EXPECT_EQ((co_await failure_of(pool.create_from(volume_xml("b", 0), *volume))).message, busy);
      Collected to;
      EXPECT_EQ((co_await failure_of(volume->download({}, to, job_))).code, Code::operation_invalid);
      EXPECT_EQ((co_await failure_of(pool.stop())).code, Code::operation_invalid);
    };
    co_await upload(*volume, from);
    co_await pool.stop();
  });
}

TEST_F(Transfers, ACancelledUploadIsOverAndTheVolumeIsFreeAtOnce) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, pattern(9'000'000));
    for (int round = 0; round < 5; ++round) {
      Pieces from;
      for (int i = 0; i < 8; ++i) from.pieces.push_back(piece_of(pattern(1'000'000)));
      from.hangs = true;
      io::Signal waits(co_await asio::this_coro::executor);
      from.before_end = [&]() -> Task<> {
        waits.notify();
        co_return;
      };
      auto body = [&](io::Scope& scope) -> Task<> {
        scope.spawn(upload(*volume, from));
        co_await waits.until([&] { return from.pieces.empty(); });
        co_await scope.close();
      };
      co_await io::scoped(body);
      EXPECT_NE(from.stopped.find("cancelled"), std::string::npos) << from.stopped;
      EXPECT_TRUE(co_await incomplete(*volume));
    }
    co_await volume->remove();
  });
}

TEST_F(Transfers, FewerBytesThanThereIsRoomForAreNoError) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, pattern(10));
    Pieces from;
    from.pieces.push_back(piece_of("abc"));
    co_await upload(*volume, from);
    EXPECT_FALSE(co_await incomplete(*volume));
    EXPECT_TRUE(content(volume->path()) == "abc" + pattern(10).substr(3));
  });
}

}  // namespace
}  // namespace sluice::storage
