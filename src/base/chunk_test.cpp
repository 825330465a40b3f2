#include "base/chunk.h"

#include <gtest/gtest.h>

#include <thread>

namespace sluice {
namespace {

TEST(Chunk, MovesAndLeavesNothingBehind) {
  Chunk first = Chunk::copy_of(as_bytes("water"));
  const Chunk second = std::move(first);
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(as_text(second.bytes()), "water");
}

TEST(Chunk, CanBeCutAtBothEnds) {
  Chunk chunk = Chunk::copy_of(as_bytes("headbodytail"));
  chunk.drop_front(4);
  chunk.truncate(4);
  EXPECT_EQ(as_text(chunk.bytes()), "body");
}

TEST(Chunk, MemoryOfTheUsualSizesIsUsedAgain) {
  const std::byte* memory = nullptr;
  {
    const Chunk chunk = Chunk::uninitialised(256 * 1024);
    memory = chunk.data();
  }
  EXPECT_EQ(Chunk::uninitialised(200 * 1024).data(), memory);
}

TEST(Chunk, MayDieOnAnotherThreadThanItWasMadeOn) {
  Chunk chunk = Chunk::uninitialised(64 * 1024);
  std::thread([moved = std::move(chunk)]() mutable { moved = Chunk(); }).join();
}

TEST(Chunk, BorrowedMemoryGoesBackOnceAndIsNeverCopied) {
  struct Waiting final : Lender {
    void returned() noexcept override { ++times; }
    int times = 0;
  } lender;
  const Buffer memory(100);
  {
    Chunk first = Chunk::borrowed(memory, lender);
    EXPECT_EQ(first.data(), memory.data());
    first.drop_front(10);
    Chunk second = std::move(first);
    EXPECT_EQ(second.size(), 90U);
    first = Chunk::copy_of(as_bytes("x"));
    EXPECT_EQ(lender.times, 0);
    second = Chunk();
    EXPECT_EQ(lender.times, 1);
  }
  EXPECT_EQ(lender.times, 1);
}

TEST(ChunkDeathTest, DoesNotGrow) {
  Chunk chunk = Chunk::copy_of(as_bytes("x"));
  EXPECT_DEATH(chunk.truncate(2), "a chunk does not grow");
}

}  // namespace
}  // namespace sluice
