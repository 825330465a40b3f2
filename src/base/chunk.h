#pragma once
// A Chunk owns bytes of a stream: uninitialised when made, moved from hand to hand, never copied on the data path.
//
//   Chunk chunk = Chunk::uninitialised(256 * 1024);
//   auto n = read(fd, chunk.data(), chunk.size());
//   chunk.truncate(n);
//   co_await sink.write(Piece{std::move(chunk)});
//
// A sender of large memory that waits anyway lends it (`borrowed`) instead of copying it. Who counts what he holds
// attaches what counts it (`hold`): wherever the chunk is by then, that goes with it.
//
// Memory of the usual sizes comes from a small free list of the thread (fresh pages are the dearest part of a large
// allocation) and returns to the list of the thread that lets go of it. A chunk belongs to one thread at a time.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/bytes.h"

namespace sluice {

// Whose memory a borrowed chunk is; told when the chunk no longer looks at it, on the thread that dropped it.
class Lender {
 public:
  virtual void returned() noexcept = 0;

 protected:
  ~Lender() = default;
};

class Chunk {
 public:
  Chunk() = default;
  Chunk(Chunk&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)),
        capacity_(std::exchange(other.capacity_, 0)),
        begin_(std::exchange(other.begin_, 0)),
        size_(std::exchange(other.size_, 0)),
        lender_(std::exchange(other.lender_, nullptr)),
        held_(std::move(other.held_)) {}
  Chunk& operator=(Chunk&& other) noexcept {
    Chunk taken(std::move(other));
    std::swap(memory_, taken.memory_);
    std::swap(capacity_, taken.capacity_);
    std::swap(begin_, taken.begin_);
    std::swap(size_, taken.size_);
    std::swap(lender_, taken.lender_);
    std::swap(held_, taken.held_);
    return *this;
  }
  ~Chunk() { release(); }

  static Chunk uninitialised(std::size_t size);
  static Chunk copy_of(Bytes bytes);
  // Bytes of somebody who waits for `lender` to be told before he touches them again. Nobody writes into such a chunk.
  static Chunk borrowed(Bytes bytes, Lender& lender);

  std::byte* data() { return memory_ + begin_; }
  const std::byte* data() const { return memory_ + begin_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Bytes bytes() const { return {data(), size_}; }
  MutableBytes writable() { return {data(), size_}; }

  void truncate(std::size_t size);     // keeps the first `size` bytes
  void drop_front(std::size_t count);  // forgets the first `count` bytes
  void hold(std::shared_ptr<const void> until_dropped) { held_ = std::move(until_dropped); }

 private:
  void release() noexcept;

  std::byte* memory_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
  Lender* lender_ = nullptr;
  std::shared_ptr<const void> held_;
};

}  // namespace sluice
