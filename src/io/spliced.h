#pragma once
// Spliced: bytes that lie in a pipe of the kernel. They pass from one descriptor to another (a file, a unix socket)
// without going through the memory of this process, and mostly without being copied at all.
//
//   SplicePool pool;
//   std::shared_ptr<Spliced> bytes = pool.take();         // null: none is to be had, so bytes go through memory
//   auto moved = bytes->fill(socket, 256 * 1024);         // never waits
//   while (bytes->size() > 0) bytes->drain(file, bytes->size());
//
// Passes from hand to hand like a Chunk: one party at a time fills or drains it. Descriptors that may keep us waiting
// (sockets) must be non-blocking. Facts: splice(2), pipe(7).

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/chunk.h"
#include "io/fd.h"

namespace sluice::io {

class Spliced {
 public:
  // At most; fewer bytes fit if they come in small parts, of which the pipe holds 256.
  static constexpr std::size_t capacity = 1024 * 1024;

  // A Failure if the system has no more pipes, or none of a useful size: a user may own a limited number of pages.
  Spliced();
  Spliced(const Spliced&) = delete;
  Spliced& operator=(const Spliced&) = delete;

  std::size_t size() const { return size_; }

  enum class Stop : std::uint8_t {
    none,         // `count` bytes were moved
    ended,        // the other descriptor is at its end
    would_wait,   // it has nothing, or takes nothing, right now
    full,         // there is no room in the pipe
    unsupported,  // this kind of descriptor cannot be spliced
  };
  struct Moved {
    std::size_t count = 0;
    Stop stop = Stop::none;
  };
  // Moves at most `most` bytes; any other trouble is a boost::system::system_error.
  Moved fill(int from, std::size_t most);
  Moved drain(int to, std::size_t most);
  Moved fill(Spliced& from, std::size_t most);

  // The same bytes in `other`, which is empty, while they also stay here. False: there was no room for all of them, and
  // `other` is empty again.
  [[nodiscard]] bool copy_to(Spliced& other);
  // Through memory after all: the front into `into`, whose part that was filled is returned; or all that is left.
  MutableBytes take(MutableBytes into);
  Chunk read_out();

 private:
  FdPair pipe_;
  std::size_t size_ = 0;
};

// A few pipes that are used again and again. `take` may be called on one thread while what was taken is let go on
// others.
class SplicePool {
 public:
  SplicePool();
  std::shared_ptr<Spliced> take();  // empty; null if `limits::spliced_max` are out, or the system refuses one

 private:
  struct Inside;
  std::shared_ptr<Inside> inside_;
};

}  // namespace sluice::io
