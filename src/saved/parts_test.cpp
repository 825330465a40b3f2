#include "saved/parts.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::saved {
namespace {

std::string text_of(std::vector<Chunk> chunks) { return std::string(as_text(join(std::move(chunks)).bytes())); }

Chunk chunk_of(std::size_t size, char letter) { return Chunk::copy_of(as_bytes(std::string(size, letter))); }

TEST(Parts, KeepALargeChunkWithoutCopying) {
  Parts parts;
  Chunk chunk = chunk_of(100'000, 'a');
  const std::byte* const where = chunk.data();
  parts.take(chunk, 200'000);
  EXPECT_TRUE(chunk.empty());
  EXPECT_EQ(parts.size(), 100'000U);
  EXPECT_EQ(std::move(parts).chunks().front().data(), where);
}

TEST(Parts, LeaveInTheChunkWhatIsNotTheirs) {
  for (const std::size_t most : {20'000U, 80'000U}) {
    Parts parts;
    Chunk chunk = chunk_of(100'000, 'a');
    chunk.data()[most] = std::byte{'b'};
    parts.take(chunk, most);
    EXPECT_EQ(parts.size(), most);
    EXPECT_EQ(chunk.size(), 100'000U - most);
    EXPECT_EQ(chunk.data()[0], std::byte{'b'});
    EXPECT_EQ(text_of(std::move(parts).chunks()), std::string(most, 'a'));
  }
}

TEST(Parts, PutSmallOnesTogether) {
  Parts parts;
  std::string expected;
  for (int i = 0; i < 5'000; ++i) {
    const char letter = static_cast<char>('a' + i % 26);
    Chunk chunk = chunk_of(100, letter);
    expected += std::string(100, letter);
    parts.take(chunk, 1'000'000 - parts.size());
  }
  std::vector<Chunk> chunks = std::move(parts).chunks();
  EXPECT_LE(chunks.size(), 8U);
  EXPECT_EQ(text_of(std::move(chunks)), expected);
}

TEST(Parts, KeepTheOrderOfSmallAndLarge) {
  Parts parts;
  std::string expected;
  for (const auto& [size, letter] : {std::pair{10, 'a'}, {70'000, 'b'}, {1, 'c'}, {2, 'd'}, {16'384, 'e'}, {5, 'f'}}) {
    Chunk chunk = chunk_of(static_cast<std::size_t>(size), letter);
    expected += std::string(static_cast<std::size_t>(size), letter);
    parts.take(chunk, 1'000'000);
  }
  EXPECT_EQ(parts.size(), expected.size());
  EXPECT_EQ(text_of(std::move(parts).chunks()), expected);
}

TEST(Parts, JoinOfNothingIsEmpty) { EXPECT_TRUE(join({}).empty()); }

}  // namespace
}  // namespace sluice::saved
