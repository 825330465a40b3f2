#include "driver/sparse_bytes.h"

#include <algorithm>
#include <cerrno>

#include "base/assert.h"
#include "io/failure.h"

namespace sluice::driver {
namespace {

constexpr std::uint64_t block_size = SparseBytes::block_size;

// What of the bytes from `begin` to `end` lies in one block.
struct Part {
  std::uint64_t block;
  std::size_t from, length;
};
Part first_part(std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t from = begin % block_size;
  return {.block = begin / block_size,
          .from = static_cast<std::size_t>(from),
          .length = static_cast<std::size_t>(std::min(end - begin, block_size - from))};
}

}  // namespace

void Room::take(std::uint64_t bytes) {
  std::uint64_t before = taken_;
  do {
    if (bytes > size_ - before) {
      Error error =
          system_failure("cannot take " + std::to_string(bytes) + " bytes of memory: " + std::to_string(before) +
                             " of the " + std::to_string(size_) + " that volumes may have are taken",
                         ENOSPC);
      error.domain = ErrorDomain::storage;
      throw io::Failure(std::move(error));
    }
  } while (!taken_.compare_exchange_weak(before, before + bytes));
}

SparseBytes::~SparseBytes() { room_->give_back(blocks_.size() * block_size); }

std::uint64_t SparseBytes::length() const {
  const std::lock_guard lock(mutex_);
  return length_;
}

std::uint64_t SparseBytes::taken() const {
  const std::lock_guard lock(mutex_);
  return blocks_.size() * block_size;
}

void SparseBytes::write(std::uint64_t offset, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t end = offset + bytes.size();
  ensure(end >= offset && end <= length_, "bytes are written within a file's length");
  while (offset < end) {
    const Part part = first_part(offset, end);
    std::ranges::copy(bytes.first(part.length), writable(part.block).begin() + static_cast<std::ptrdiff_t>(part.from));
    bytes = bytes.subspan(part.length);
    offset += part.length;
  }
}

SparseBytes::Block& SparseBytes::writable(std::uint64_t number) {
  auto found = blocks_.find(number);
  if (found == blocks_.end()) {
    auto block = std::make_unique<Block>();  // zeros
    room_->take(block_size);
    found = blocks_.emplace(number, std::move(block)).first;
  } else if (!found->second) {
    found->second = std::make_unique<Block>();
  }
  return *found->second;
}

void SparseBytes::reserve(std::uint64_t begin, std::uint64_t end) {
  if (begin >= end) return;
  const std::lock_guard lock(mutex_);
  const std::uint64_t first = begin / block_size, last = (end - 1) / block_size;
  const auto present = std::distance(blocks_.lower_bound(first), blocks_.upper_bound(last));
  room_->take((last - first + 1 - static_cast<std::uint64_t>(present)) * block_size);
  for (std::uint64_t number = first; number <= last; ++number) blocks_.try_emplace(number);
}

void SparseBytes::free(std::uint64_t offset, std::uint64_t length) {
  const std::lock_guard lock(mutex_);
  ensure(offset <= length_ && length <= length_ - offset, "bytes are freed within a file's length");
  free_here(offset, offset + length);
}

void SparseBytes::free_here(std::uint64_t begin, std::uint64_t end) {
  // A block goes when nothing of the file is left in it; of the others only what was asked for becomes zeros. The last
  // one may be cut by the end of the file.
  for (auto each = blocks_.lower_bound(begin / block_size); each != blocks_.end();) {
    const std::uint64_t first = each->first * block_size, behind = first + block_size;
    if (first >= end) return;
    if (begin <= first && (end >= behind || end >= length_)) {
      each = blocks_.erase(each);
      room_->give_back(block_size);
      continue;
    }
    if (each->second) {
      const std::uint64_t from = std::max(begin, first) - first, to = std::min(end, behind) - first;
      std::fill(each->second->begin() + static_cast<std::ptrdiff_t>(from),
                each->second->begin() + static_cast<std::ptrdiff_t>(to), std::byte{0});
    }
    ++each;
  }
}

void SparseBytes::set_length(std::uint64_t length) {
  const std::lock_guard lock(mutex_);
  // What is cut off must not be there again when the file grows.
  if (length < length_) free_here(length, length_);
  length_ = length;
}

void SparseBytes::zero() {
  const std::lock_guard lock(mutex_);
  for (auto& [number, block] : blocks_) block.reset();
}

// Where the hole that begins at `offset` ends; `offset` itself if there is none.
std::uint64_t SparseBytes::hole_end(std::uint64_t offset, std::uint64_t end) const {
  auto next = blocks_.lower_bound(offset / block_size);
  while (next != blocks_.end() && !next->second) ++next;
  return next == blocks_.end() ? end : std::clamp(next->first * block_size, offset, end);
}

io::Piece SparseBytes::read(std::uint64_t offset, std::uint64_t most, ReadOptions options) const {
  const std::lock_guard lock(mutex_);
  ensure(most > 0 && offset <= length_ && most <= length_ - offset, "bytes are read within a file's length");
  const std::uint64_t data = hole_end(offset, offset + most);
  if (options.holes && data > offset) return {.bytes = {}, .hole = data - offset};
  const std::uint64_t end = offset + std::min(most, read_max);
  Chunk chunk = Chunk::uninitialised(static_cast<std::size_t>(end - offset));
  std::size_t done = 0;
  for (std::uint64_t at = offset; at < end;) {
    const Part part = first_part(at, end);
    const auto found = blocks_.find(part.block);
    const bool is_written = found != blocks_.end() && found->second;
    if (!is_written && options.holes) break;
    std::byte* const to = chunk.data() + done;
    if (is_written) {
      std::copy_n(found->second->begin() + static_cast<std::ptrdiff_t>(part.from), part.length, to);
    } else {
      std::fill_n(to, part.length, std::byte{0});
    }
    at += part.length;
    done += part.length;
  }
  chunk.truncate(done);
  return {.bytes = std::move(chunk)};
}

}  // namespace sluice::driver
