#pragma once
// SparseBytes is a file's content in memory: only blocks that were written take any, the rest are holes, which read as
// zeros. All files of a storage share one Room, so that together they cannot take more than that.
//
//   auto room = std::make_shared<Room>(256 * 1024 * 1024);
//   SparseBytes bytes(room);
//   bytes.set_length(1'000'000);                            // a hole
//   bytes.write(4096, chunk.bytes());                       // a Failure when the room is full
//   io::Piece piece = bytes.read(0, 1'000'000, {.holes = true});  // the hole of 4096 bytes
//
// Thread-safe. Offsets and lengths are bytes; what is written or freed lies within the length.

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "base/bytes.h"
#include "io/stream.h"

namespace sluice::driver {

// Bytes of memory that several files share.
class Room {
 public:
  explicit Room(std::uint64_t size) : size_(size) {}
  std::uint64_t size() const { return size_; }
  std::uint64_t taken() const { return taken_; }
  void take(std::uint64_t bytes);  // all, or a Failure with ENOSPC
  void give_back(std::uint64_t bytes) noexcept { taken_ -= bytes; }

 private:
  const std::uint64_t size_;
  std::atomic<std::uint64_t> taken_ = 0;
};

struct ReadOptions {
  bool holes = false;  // holes are given as holes, or else as zeros
};

class SparseBytes {
 public:
  static constexpr std::uint64_t block_size = 4096;      // what a written byte takes
  static constexpr std::uint64_t read_max = 256 * 1024;  // bytes in a piece that is no hole

  explicit SparseBytes(std::shared_ptr<Room> room) : room_(std::move(room)) {}
  SparseBytes(const SparseBytes&) = delete;
  SparseBytes& operator=(const SparseBytes&) = delete;
  ~SparseBytes();

  std::uint64_t length() const;
  std::uint64_t taken() const;  // of the room
  void set_length(std::uint64_t length);
  // Takes room for the bytes from `begin` to `end`, so that writing them cannot fail for want of it: all of it or none.
  void reserve(std::uint64_t begin, std::uint64_t end);
  void write(std::uint64_t offset, Bytes bytes);
  void free(std::uint64_t offset, std::uint64_t length);  // becomes a hole
  void zero();                                            // every byte; keeps the room it has
  // The next bytes from `offset` on, or the hole that is there: at least 1 and at most `most`, which is not 0.
  io::Piece read(std::uint64_t offset, std::uint64_t most, ReadOptions options) const;

 private:
  using Block = std::array<std::byte, block_size>;
  using Blocks = std::map<std::uint64_t, std::unique_ptr<Block>>;  // by number; null: reserved and never written

  std::uint64_t hole_end(std::uint64_t offset, std::uint64_t end) const;
  Block& writable(std::uint64_t number);
  void free_here(std::uint64_t begin, std::uint64_t end);

  const std::shared_ptr<Room> room_;
  mutable std::mutex mutex_;
  std::uint64_t length_ = 0;
  Blocks blocks_;
};

}  // namespace sluice::driver
