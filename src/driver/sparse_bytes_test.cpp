#include "driver/sparse_bytes.h"

#include <gtest/gtest.h>

#include <random>

#include "io/failure.h"

namespace sluice::driver {
namespace {

constexpr std::uint64_t block = SparseBytes::block_size;

std::string all_of(const SparseBytes& bytes, ReadOptions options = {}) {
  std::string text;
  while (text.size() < bytes.length()) {
    const io::Piece piece = bytes.read(text.size(), bytes.length() - text.size(), options);
    EXPECT_TRUE(options.holes || piece.hole == 0);
    EXPECT_LE(piece.bytes.bytes().size(), SparseBytes::read_max);
    text.append(piece.hole, '\0');
    text += as_text(piece.bytes.bytes());
  }
  return text;
}

class Sparse : public testing::Test {
 protected:
  std::shared_ptr<Room> room_ = std::make_shared<Room>(16 * block);
  SparseBytes bytes_{room_};
};

TEST_F(Sparse, WhatWasNeverWrittenReadsAsZerosAndTakesNothing) {
  bytes_.set_length(1'000'000'000'000);
  EXPECT_EQ(bytes_.taken(), 0U);
  EXPECT_EQ(bytes_.read(5, 1'000'000'000'000 - 5, {.holes = true}).hole, 1'000'000'000'000 - 5U);
  const io::Piece zeros = bytes_.read(5, 10, {});
  EXPECT_EQ(as_text(zeros.bytes.bytes()), std::string(10, '\0'));
}

TEST_F(Sparse, BytesAndHolesAreGivenInTurn) {
  bytes_.set_length(4 * block);
  bytes_.write(block + 10, as_bytes("text"));
  EXPECT_EQ(bytes_.taken(), block);
  EXPECT_EQ(bytes_.read(0, 4 * block, {.holes = true}).hole, block);
  EXPECT_EQ(bytes_.read(block, 3 * block, {.holes = true}).bytes.bytes().size(), block);
  EXPECT_EQ(bytes_.read(2 * block, 2 * block, {.holes = true}).hole, 2 * block);
  EXPECT_EQ(bytes_.read(0, 10, {.holes = true}).hole, 10U) << "no more than was asked for";
}

TEST_F(Sparse, AFreedBlockGoesAndAPartOfOneBecomesZeros) {
  bytes_.set_length(3 * block + 1);
  bytes_.write(0, as_bytes(std::string(3 * block + 1, 'x')));
  EXPECT_EQ(bytes_.taken(), 4 * block);
  bytes_.free(10, 2 * block);
  EXPECT_EQ(bytes_.taken(), 3 * block);
  EXPECT_EQ(all_of(bytes_), std::string(10, 'x') + std::string(2 * block, '\0') + std::string(block - 9, 'x'));
  bytes_.free(3 * block, 1);
  EXPECT_EQ(bytes_.taken(), 2 * block) << "nothing of the file is left in the last block";
}

TEST_F(Sparse, WhatIsCutOffDoesNotComeBack) {
  bytes_.set_length(2 * block);
  bytes_.write(0, as_bytes(std::string(2 * block, 'x')));
  bytes_.set_length(10);
  EXPECT_EQ(bytes_.taken(), block);
  bytes_.set_length(2 * block);
  EXPECT_EQ(all_of(bytes_), std::string(10, 'x') + std::string(2 * block - 10, '\0'));
}

TEST_F(Sparse, AFullRoomRefusesWithBothSizesAndKeepsWhatIsThere) {
  bytes_.set_length(100 * block);
  SparseBytes other(room_);
  other.set_length(100 * block);
  other.reserve(0, 10 * block);
  EXPECT_EQ(room_->taken(), 10 * block);
  bytes_.write(0, as_bytes(std::string(6 * block, 'x')));
  try {
    bytes_.write(7 * block, as_bytes("y"));
    FAIL() << "there is no room";
  } catch (const io::Failure& full) {
    EXPECT_EQ(full.error.os_error, ENOSPC);
    EXPECT_TRUE(full.error.message.starts_with(
        "cannot take 4096 bytes of memory: 65536 of the 65536 that volumes may have are taken"))
        << full.error.message;
  }
  EXPECT_THROW(bytes_.reserve(0, 100 * block), io::Failure);
  EXPECT_EQ(room_->taken(), 16 * block) << "all of it or none";
  bytes_.write(block, as_bytes("z"));  // in a block that is there already
  other.write(9 * block, as_bytes("reserved"));
  other.free(0, 10 * block);
  bytes_.write(7 * block, as_bytes("y"));
  EXPECT_EQ(room_->taken(), 7 * block);
}

TEST_F(Sparse, ReservedBlocksAreHolesUntilTheyAreWritten) {
  bytes_.set_length(4 * block);
  bytes_.reserve(10, 2 * block);
  EXPECT_EQ(bytes_.taken(), 2 * block);
  EXPECT_EQ(bytes_.read(0, 4 * block, {.holes = true}).hole, 4 * block);
  bytes_.write(5, as_bytes("a"));
  EXPECT_EQ(bytes_.taken(), 2 * block);
  bytes_.zero();
  EXPECT_EQ(bytes_.taken(), 2 * block);
  EXPECT_EQ(all_of(bytes_), std::string(4 * block, '\0'));
}

TEST_F(Sparse, TheRoomIsGivenBackAtTheEnd) {
  {
    SparseBytes passing(room_);
    passing.set_length(5 * block);
    passing.write(0, as_bytes(std::string(5 * block, 'x')));
    EXPECT_EQ(room_->taken(), 5 * block);
  }
  EXPECT_EQ(room_->taken(), 0U);
}

TEST_F(Sparse, AfterAnyWorkItHoldsWhatAPlainStringWould) {
  std::minstd_rand random(11);
  std::string plain;
  for (int step = 0; step < 3'000; ++step) {
    const std::size_t at = plain.empty() ? 0 : random() % plain.size(), length = random() % (plain.size() - at + 1);
    switch (random() % 5) {
      case 0:
        plain.resize(random() % (16 * block), '\0');
        bytes_.set_length(plain.size());
        break;
      case 1:
        plain.replace(at, length, length, '\0');
        bytes_.free(at, length);
        break;
      case 2: bytes_.reserve(at, at + length); break;
      default: {
        const std::string written(std::min<std::size_t>(length, random() % 9'000), static_cast<char>('a' + step % 26));
        plain.replace(at, written.size(), written);
        bytes_.write(at, as_bytes(written));
      }
    }
    ASSERT_TRUE(all_of(bytes_) == plain) << step;
    ASSERT_TRUE(all_of(bytes_, {.holes = true}) == plain) << step;
    ASSERT_EQ(bytes_.taken(), room_->taken());
  }
}

}  // namespace
}  // namespace sluice::driver
