#include "link/paced_source.h"

#include "io/scope.h"

namespace sluice::link {

io::Task<io::Piece> PacedSource::read() {
  // Also before the end is told: the last bytes are paid for, too.
  while (!bucket_.open(clock_.now()) && !inbox_.failed()) co_await wait();
  io::Piece piece = co_await inbox_.read();
  if (piece.hole != 0 || piece.is_end()) co_return piece;
  const Instant now = clock_.now();
  bucket_.take(piece.length(), now);
  meter_.add(piece.length(), now);
  bytes_ += piece.length();
  copied_ += piece.bytes.size();
  co_return piece;
}

// Until its time comes, or its limit changes.
io::Task<> PacedSource::wait() {
  struct Mark {
    bool& on;
    explicit Mark(bool& flag) : on(flag) { on = true; }
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;
    ~Mark() { on = false; }
  };
  const Mark mark(waits_);
  auto changed = [this, before = woken_]() -> io::Task<> {
    co_await changed_.until([this, before] { return woken_ != before; });
  };
  auto first = [this, &changed](io::Scope& scope) -> io::Task<> {
    scope.spawn(clock_.sleep_until(bucket_.opens_at()));
    scope.spawn(changed());
    co_await scope.any();
  };
  co_await io::scoped(first);
}

std::uint64_t PacedSource::limit(std::uint64_t bytes_per_second) {
  const std::uint64_t effective = bucket_.limit(bytes_per_second, clock_.now());
  wake();
  return effective;
}

void PacedSource::wake() {
  ++woken_;
  changed_.notify();
}

}  // namespace sluice::link
