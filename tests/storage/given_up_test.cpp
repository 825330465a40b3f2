// Transfers that do not come to their end, and others who come meanwhile.
#include <boost/asio/post.hpp>

#include "bed.h"
#include "io/scope.h"

namespace sluice::storage_contract {
namespace {

class GivenUp : public Bed {
 protected:
  // Every number of turns up to some, and then more and more of them until one came to its end before it was given up:
  // how many that takes is the disk's affair.
  static bool goes_on(int turns, int complete) { return turns < 60 || (complete == 0 && turns < 1 << 24); }
  static int more(int turns) { return turns < 60 ? turns + 1 : 2 * turns; }

  // Work on a disk that nobody waits for, such as the opening of a file, may still hold the volume for a moment.
  static Task<std::string> content_when_free(driver::Volume& volume) {
    for (;;) {
      try {
        co_return co_await content(volume);
      } catch (const io::Failure& failure) {
        if (failure.error.code != Code::operation_invalid) throw;
      }
      co_await asio::post(asio::use_awaitable);
    }
  }
};

TEST_F(GivenUp, AnUploadThatWasCutIsIncompleteUntilOneIsWhole) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", pattern(3'000'000));
    Pieces cut;
    cut.pieces.push_back(piece_of(pattern(1'500'000, 3)));
    cut.fails = true;
    const Error why = co_await failure_of(upload(*volume, cut));
    EXPECT_EQ(why.code, Code::operation_aborted);
    EXPECT_EQ(why.message, "cannot upload to volume 'a' of storage pool 'p': the client went away");
    EXPECT_EQ(cut.stopped, why.message);
    EXPECT_TRUE(co_await incomplete(*volume));
    EXPECT_EQ((co_await failure_of(pool.create_from(volume_xml("b", 0), *volume))).message,
              "volume 'a' of storage pool 'p' cannot be cloned: its upload was not finished");
    co_await pool.refresh();
    EXPECT_TRUE(co_await incomplete(*co_await pool.find("a")));
    Pieces whole;
    whole.pieces.push_back(piece_of(pattern(3'000'000, 3)));
    co_await upload(*volume, whole);
    EXPECT_FALSE(co_await incomplete(*volume));
    EXPECT_TRUE(co_await content(*volume) == pattern(3'000'000, 3));
  });
}

TEST_F(GivenUp, ADeletedVolumeIsNoLongerIncomplete) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    auto volume = co_await volume_with(pool, "a", pattern(10));
    Pieces from;
    from.fails = true;
    co_await failure_of(upload(*volume, from));
    EXPECT_TRUE(co_await incomplete(*volume));
    co_await volume->remove();
    volume = co_await pool.create(volume_xml("a", 10));
    EXPECT_FALSE(co_await incomplete(*volume));
    EXPECT_EQ(co_await content(*volume), std::string(10, '\0'));
  });
}

TEST_F(GivenUp, NobodyElseTouchesAVolumeThatIsUploadedTo) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", pattern(10));
    Pieces from, second;
    from.pieces.push_back(piece_of("x"));
    from.before_end = [&]() -> Task<> {
      const std::string busy = "volume 'a' of storage pool 'p' is being uploaded to";
      const Error refused = co_await failure_of(upload(*volume, second));
      EXPECT_EQ(refused.code, Code::operation_invalid);
      EXPECT_EQ(refused.message, "cannot upload to volume 'a' of storage pool 'p': " + busy);
      EXPECT_EQ(second.asked, 0U);
      EXPECT_EQ((co_await failure_of(volume->remove())).message, busy);
      EXPECT_EQ((co_await failure_of(volume->resize(20, {}))).message, busy);
      EXPECT_EQ((co_await failure_of(volume->wipe())).message, busy);
      EXPECT_EQ((co_await failure_of(pool.create_from(volume_xml("b", 0), *volume))).message, busy);
      Collected to;
      EXPECT_EQ((co_await failure_of(volume->download({}, to, job_))).code, Code::operation_invalid);
      EXPECT_EQ((co_await failure_of(pool.stop())).message,
                "storage pool 'p' is in use: volumes of it are being worked on");
    };
    co_await upload(*volume, from);
    EXPECT_TRUE(co_await content(*volume) == "x" + pattern(10).substr(1));
    co_await pool.stop();
  });
}

TEST_F(GivenUp, AVolumeThatIsDownloadedNeitherShrinksNorGoesNorChanges) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", pattern(3'000'000));
    Collected to;
    to.before_finish = [&]() -> Task<> {
      const std::string busy = "volume 'a' of storage pool 'p' is being downloaded";
      EXPECT_EQ((co_await failure_of(volume->resize(5, {.shrink = true}))).message, busy);
      EXPECT_EQ((co_await failure_of(volume->remove())).message, busy);
      EXPECT_EQ((co_await failure_of(volume->wipe())).message, busy);
      Pieces from;
      const Error refused = co_await failure_of(upload(*volume, from));
      EXPECT_EQ(refused.message, "cannot upload to volume 'a' of storage pool 'p': " + busy);
      EXPECT_EQ(from.stopped, refused.message);
      EXPECT_TRUE(co_await content(*volume) == pattern(3'000'000)) << "others may read it, too";
      co_await pool.create_from(volume_xml("b", 0), *volume);
    };
    co_await volume->download({}, to, job_);
    EXPECT_TRUE(to.bytes == pattern(3'000'000));
    co_await volume->resize(5, {.shrink = true});
  });
}

TEST_F(GivenUp, AReaderWhoFailsGetsItsOwnReasonAndTheVolumeIsFree) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", pattern(3'000'000));
    Collected to;
    to.before_finish = []() -> Task<> {
      io::fail(Code::operation_aborted, "the reader has no room");
      co_return;
    };
    const Error why = co_await failure_of(volume->download({}, to, job_));
    EXPECT_EQ(why.message, "cannot download volume 'a' of storage pool 'p': the reader has no room");
    EXPECT_EQ(to.aborted, why.message);
    EXPECT_FALSE(to.finished);
    co_await volume->remove();
  });
}

TEST_F(GivenUp, ADiskThatFailsInTheMiddleLeavesTheVolumeIncompleteAndIsNamed) {
  const std::string old = pattern(3'000'000), sent = pattern(3'000'000, 3);
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", old);
    Pieces from;
    for (std::size_t at = 0; at < sent.size(); at += 100'000) from.pieces.push_back(piece_of(sent.substr(at, 100'000)));
    const std::string reason = subject().break_at(1'050'000);
    const Error why = co_await failure_of(upload(*volume, from));
    subject().heal();
    EXPECT_TRUE(why.message.starts_with("cannot upload to volume 'a' of storage pool 'p': ")) << why.message;
    EXPECT_TRUE(why.message.ends_with(reason)) << why.message;
    EXPECT_EQ(why.domain, ErrorDomain::storage);
    EXPECT_EQ(from.stopped, why.message);
    EXPECT_TRUE(co_await incomplete(*volume));
    EXPECT_TRUE(co_await content(*volume, {.offset = 1'050'000}) == old.substr(1'050'000));
    Pieces again;
    again.pieces.push_back(piece_of(sent));
    co_await upload(*volume, again);
    EXPECT_FALSE(co_await incomplete(*volume));
    EXPECT_TRUE(co_await content(*volume) == sent);
  });
}

TEST_F(GivenUp, ACancelledUploadIsOverAndTheVolumeIsFreeAtOnce) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", pattern(9'000'000));
    for (int round = 0; round < 5; ++round) {
      Pieces from;
      for (int i = 0; i < 8; ++i) from.pieces.push_back(piece_of(pattern(1'000'000)));
      from.hangs = true;
      io::Signal waits;
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

// Moments that no stream can name: after so many turns of the loop.
TEST_F(GivenUp, AfterAnyNumberOfTurnsAnUploadIsOverAndItsVolumeOneOrTheOther) {
  const std::string old = pattern(400'000), sent = pattern(400'000, 3);
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", old);
    int untouched = 0, complete = 0;
    for (int turns = 0; goes_on(turns, complete); turns = more(turns)) {
      Pieces from;
      for (std::size_t at = 0; at < sent.size(); at += 100'000)
        from.pieces.push_back(piece_of(sent.substr(at, 100'000)));
      auto body = [&](io::Scope& scope) -> Task<> {
        scope.spawn(upload(*volume, from));
        for (int i = 0; i < turns; ++i) co_await asio::post(asio::use_awaitable);
        co_await scope.close();
      };
      co_await io::scoped(body);
      const std::string left = co_await content_when_free(*volume);
      const bool whole = !co_await incomplete(*volume);
      EXPECT_TRUE(!whole || left == old || left == sent) << turns;
      untouched += whole && left == old ? 1 : 0;
      complete += whole && left == sent ? 1 : 0;
      Pieces back;
      back.pieces.push_back(piece_of(old));
      co_await upload(*volume, back);
    }
    EXPECT_GT(untouched, 0);
    EXPECT_GT(complete, 0);
  });
}

TEST_F(GivenUp, AfterAnyNumberOfTurnsACloneIsWholeOrAbsent) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto original = co_await volume_with(pool, "a", pattern(1'500'000));
    int absent = 0, whole = 0;
    for (int turns = 0; goes_on(turns, whole); turns = more(turns)) {
      auto clone = [&]() -> Task<> { co_await pool.create_from(volume_xml("b", 0), *original); };
      auto body = [&](io::Scope& scope) -> Task<> {
        scope.spawn(clone());
        for (int i = 0; i < turns; ++i) co_await asio::post(asio::use_awaitable);
        co_await scope.close();
      };
      co_await io::scoped(body);
      const auto made = co_await pool.find("b");
      ++(made ? whole : absent);
      if (!made) continue;
      EXPECT_TRUE(co_await content(*made) == pattern(1'500'000)) << turns;
      co_await made->remove();
    }
    EXPECT_GT(absent, 0);
    EXPECT_GT(whole, 0);
  });
}

}  // namespace
}  // namespace sluice::storage_contract
