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

TEST(ChunkDeathTest, DoesNotGrow) {
  Chunk chunk = Chunk::copy_of(as_bytes("x"));
  EXPECT_DEATH(chunk.truncate(2), "a chunk does not grow");
}

}  // namespace
}  // namespace sluice
