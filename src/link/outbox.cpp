#include "link/outbox.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/limits.h"

namespace sluice::link {
namespace {

constexpr std::size_t small = 16 * 1024;       // copying so little is cheaper than a frame of its own
constexpr std::size_t gathered = 64 * 1024;    // the chunk small writes are gathered in
constexpr std::size_t zeros_once = 64 * 1024;  // of a hole that must be written out

}  // namespace

io::Task<> Outbox::write(io::Piece piece) {
  ensure(!piece.is_end(), "an end is said with finish");
  if (ended_) io::fail(Code::invalid_stream, "cannot write to a stream after its finish", ErrorDomain::streams);
  if (piece.spliced) {
    co_await room(piece.spliced->size(), limits::outbox);
    put(std::move(piece.spliced));
    co_return;
  }
  if (piece.hole == 0) {
    co_await room(piece.bytes.size(), owner_.outbox_limit());
    put(std::move(piece.bytes));
    co_return;
  }
  if (!owner_.outbox_holes()) co_return co_await write_zeros(piece.hole);
  co_await room(0, limits::outbox);
  owner_.outbox_hole(piece.hole);
  if (!parts_.empty()) parts_.back().gathers = false;  // what follows the hole is another frame
}

io::Task<> Outbox::wanted() {
  return changed_.until([this] {
    if (error_) throw io::Failure(*error_);
    return owner_.outbox_wanted();
  });
}

io::Task<> Outbox::finish() {
  if (error_) throw io::Failure(*error_);
  if (!ended_) {
    ended_ = true;
    owner_.outbox_end();
  }
  co_await changed_.until([this] { return error_ || confirmed_; });
  if (error_) throw io::Failure(*error_);
}

void Outbox::abort(Error why) noexcept {
  if (error_ || confirmed_) return;
  // What was announced to the session stays until the session was told: it may choose a frame of it before that.
  error_ = why;
  changed_.notify();
  owner_.outbox_abort(std::move(why));
}

io::Task<> Outbox::room(std::size_t bytes, std::size_t most) {
  co_await changed_.until([=, this] { return error_ || held_ == 0 || held_ + bytes <= most; });
  if (error_) throw io::Failure(*error_);
}

void Outbox::put(Chunk bytes) {
  const std::size_t size = bytes.size();
  held_ += size;
  copied_ += size;  // by who made the piece
  if (size < small && !parts_.empty()) {
    if (!parts_.back().gathers || parts_.back().chunk->size() - parts_.back().end < size) {
      parts_.push_back({std::make_shared<Chunk>(Chunk::uninitialised(gathered)), 0, 0, true});
    }
    Part& part = parts_.back();
    std::memcpy(part.chunk->data() + part.end, bytes.data(), size);
    part.end += size;
    copied_ += size;
  } else {
    parts_.push_back({std::make_shared<Chunk>(std::move(bytes)), 0, size, false});
  }
  owner_.outbox_ready(size);
}

void Outbox::put(std::shared_ptr<io::Spliced> bytes) {
  ensure(owner_.outbox_splices(), "who gives spliced bytes asked whether they are taken");
  const std::size_t size = bytes->size();
  held_ += size;
  parts_.push_back({.chunk = nullptr, .begin = 0, .end = size, .gathers = false, .spliced = std::move(bytes)});
  owner_.outbox_ready(size);
}

io::Task<> Outbox::write_zeros(std::uint64_t length) {
  while (length > 0) {
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(length, zeros_once));
    co_await room(now, owner_.outbox_limit());
    Chunk zeros = Chunk::uninitialised(now);
    std::memset(zeros.data(), 0, now);
    put(std::move(zeros));
    length -= now;
  }
}

void Outbox::take(std::uint32_t count, Batch& batch) {
  held_ -= count;
  while (count > 0) {
    ensure(!parts_.empty(), "the session chose no more bytes than wait");
    Part& part = parts_.front();
    const std::size_t now = std::min<std::size_t>(count, part.end - part.begin);
    if (part.spliced) {
      batch.add(part.spliced, now);
    } else {
      batch.add(part.chunk, part.chunk->bytes().subspan(part.begin, now));
      copied_ += now;
    }
    part.begin += now;
    count -= static_cast<std::uint32_t>(now);
    // A gathering part that was partly taken may be written to behind its end while the batch reads before it.
    if (part.begin == part.end) parts_.pop_front();
  }
  changed_.notify();
}

void Outbox::confirm() {
  if (error_) return;
  confirmed_ = true;
  changed_.notify();
}

void Outbox::fail(Error why) noexcept {
  if (error_ || confirmed_) return;
  error_ = std::move(why);
  parts_.clear();
  held_ = 0;
  changed_.notify();
}

}  // namespace sluice::link
