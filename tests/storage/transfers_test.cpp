// Bytes go to volumes and come from them: all of them, in their place, and no others.
#include "bed.h"

namespace sluice::storage_contract {
namespace {

using Transfers = Bed;

TEST_F(Transfers, WhatWasUploadedIsDownloaded) {
  const std::string sent = pattern(5'000'001);
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await pool.create(volume_xml("a", sent.size(), sparse()));
    Pieces from;
    for (std::size_t at = 0; at < sent.size(); at += 300'000) from.pieces.push_back(piece_of(sent.substr(at, 300'000)));
    from.before_end = [&]() -> Task<> { EXPECT_TRUE(co_await incomplete(*volume)); };
    co_await upload(*volume, from);
    EXPECT_FALSE(co_await incomplete(*volume));
    EXPECT_EQ(job_.progress().total, sent.size());
    EXPECT_EQ(job_.progress().processed, sent.size());
    EXPECT_EQ(job_.progress().remaining, 0U);

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
    const auto volume = co_await volume_with(pool, "a", pattern(6'000'000));
    EXPECT_GE((co_await volume->info()).allocation, 6'000'000U);
    Pieces from;
    from.pieces.push_back(piece_of(part));
    from.pieces.push_back(hole_of(3'000'003));
    from.pieces.push_back(piece_of(part));
    from.pieces.push_back(hole_of(6'000'000 - 3'000'003 - 2 * part.size()));
    co_await upload(*volume, from);
    std::string wanted = part + std::string(3'000'003, '\0') + part;
    wanted.resize(6'000'000, '\0');
    EXPECT_TRUE(co_await content(*volume) == wanted);
    EXPECT_LT((co_await volume->info()).allocation, 1'000'000U);
    EXPECT_EQ((co_await volume->info()).physical, 6'000'000U);
  });
}

TEST_F(Transfers, HolesTravelAsHolesOnlyWhenThatIsAsked) {
  const std::string part = pattern(100'001, 3);
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await pool.create(volume_xml("a", 6'000'000, sparse()));
    Pieces from;
    from.pieces.push_back(hole_of(2'000'001));
    from.pieces.push_back(piece_of(part));
    co_await upload(*volume, from);
    std::string wanted = std::string(2'000'001, '\0') + part;
    wanted.resize(6'000'000, '\0');
    Collected to;
    co_await volume->download({.sparse = true}, to, job_);
    EXPECT_TRUE(to.bytes == wanted);
    EXPECT_GT(to.in_holes, 5'500'000U);
    EXPECT_LE(to.in_holes, 6'000'000U - part.size());
    Collected some;
    co_await volume->download({.offset = 1'900'000, .length = 200'000, .sparse = true}, some, job_);
    EXPECT_TRUE(some.bytes == wanted.substr(1'900'000, 200'000));
    EXPECT_GT(some.in_holes, 50'000U);
    Collected plain;
    co_await volume->download({}, plain, job_);
    EXPECT_EQ(plain.in_holes, 0U);
    EXPECT_TRUE(plain.bytes == wanted);
  });
}

TEST_F(Transfers, ARangeIsWrittenAndNothingElse) {
  const std::string old = pattern(1'000'000), part = pattern(10'000, 3);
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", old);
    Pieces from;
    from.pieces.push_back(piece_of(part));
    from.pieces.push_back(hole_of(777));
    co_await upload(*volume, from, {.offset = 123'457, .length = 10'777});
    std::string wanted = old;
    wanted.replace(123'457, 10'777, part + std::string(777, '\0'));
    EXPECT_TRUE(co_await content(*volume) == wanted);
    EXPECT_TRUE(co_await content(*volume, {.offset = 123'457, .length = 10'000}) == part);
    EXPECT_TRUE(co_await content(*volume, {.offset = 999'990, .length = 10'000}) == old.substr(999'990));
    EXPECT_EQ(co_await content(*volume, {.offset = 1'000'000}), "");
  });
}

TEST_F(Transfers, MoreBytesThanTheRangeHasAreAnErrorWithBothSizes) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", pattern(2'000));
    for (const bool in_a_hole : {false, true}) {
      Pieces from;
      from.pieces.push_back(piece_of(pattern(999, 3)));
      from.pieces.push_back(in_a_hole ? hole_of(2) : piece_of("xx"));
      const Error why = co_await failure_of(upload(*volume, from, {.offset = 500, .length = 1'000}));
      EXPECT_EQ(why.code, Code::invalid_arg);
      EXPECT_EQ(why.domain, ErrorDomain::storage);
      EXPECT_EQ(why.message,
                "cannot upload to volume 'a' of storage pool 'p': more bytes come than the 1000 it has room for");
      EXPECT_EQ(from.stopped, why.message);
      EXPECT_TRUE(co_await incomplete(*volume));
      const std::string left = co_await content(*volume);
      EXPECT_EQ(left.size(), 2'000U);
      EXPECT_TRUE(left.substr(1'499) == pattern(2'000).substr(1'499));
    }
  });
}

TEST_F(Transfers, MoreBytesThanTheVolumeHasAreAnError) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", pattern(2'000));
    Pieces from;
    from.pieces.push_back(piece_of(pattern(2'001, 3)));
    EXPECT_EQ((co_await failure_of(upload(*volume, from))).code, Code::invalid_arg);
    EXPECT_EQ((co_await volume->info()).physical, 2'000U);
    EXPECT_TRUE(co_await incomplete(*volume));
  });
}

TEST_F(Transfers, ARangeOutsideTheVolumeIsRefusedBeforeAnythingIsRead) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", pattern(2'000));
    for (const driver::Range range : {driver::Range{.offset = 2'001},
                                      {.length = 2'001},
                                      {.offset = ~0ULL, .length = 5},
                                      {.offset = ~0ULL, .length = ~0ULL},
                                      {.offset = 5, .length = ~0ULL}}) {
      Pieces from;
      from.pieces.push_back(piece_of("x"));
      const Error why = co_await failure_of(upload(*volume, from, range));
      EXPECT_EQ(why.code, Code::invalid_arg);
      EXPECT_EQ(why.message, "cannot upload to volume 'a' of storage pool 'p': the range of " +
                                 std::to_string(range.length) + " bytes from byte " + std::to_string(range.offset) +
                                 " on does not lie in volume 'a' of storage pool 'p', which is 2000 bytes long");
      EXPECT_EQ(from.asked, 0U);
    }
    for (const driver::Range range : {driver::Range{.offset = 2'001}, {.offset = ~0ULL, .length = 5}}) {
      Collected to;
      EXPECT_EQ((co_await failure_of(volume->download(range, to, job_))).code, Code::invalid_arg);
      EXPECT_NE(to.aborted, "");
      EXPECT_EQ(to.bytes, "");
    }
    EXPECT_FALSE(co_await incomplete(*volume));
    EXPECT_TRUE(co_await content(*volume) == pattern(2'000));
  });
}

TEST_F(Transfers, FewerBytesThanThereIsRoomForAreNoError) {
  with_pool([&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await volume_with(pool, "a", pattern(10));
    for (const driver::Range range : {driver::Range{}, {.length = 10}}) {
      Pieces from;
      from.pieces.push_back(piece_of("abc"));
      co_await upload(*volume, from, range);
      EXPECT_FALSE(co_await incomplete(*volume));
      EXPECT_TRUE(co_await content(*volume) == "abc" + pattern(10).substr(3));
    }
    Pieces nothing;
    co_await upload(*volume, nothing);
    EXPECT_FALSE(co_await incomplete(*volume));
  });
}

}  // namespace
}  // namespace sluice::storage_contract
