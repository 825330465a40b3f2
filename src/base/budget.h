#pragma once
// Budget: how many bytes this side may still hold, or promise to hold. A connection has one for its windows, and its
// process has one above it; what a window grants beyond the little that every stream has is reserved in both. What is
// read ahead of files has another.
//
//   Budget connection(64 MiB), process(1 GiB);
//   Reservation reserved(connection, &process);
//   const std::uint64_t window = reserved.grow_to(4 MiB);   // perhaps less
//   reserved.shrink_to(1 MiB);                              // what is left is given back when it dies
//
// A Budget may be shared by several threads and outlives the reservations.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>

#include "base/assert.h"

namespace sluice {

class Budget {
 public:
  explicit Budget(std::uint64_t size) : size_(size), left_(size) {}

  // As much as there is, `wanted` at most.
  std::uint64_t take(std::uint64_t wanted) {
    std::uint64_t left = left_.load(std::memory_order_relaxed);
    while (!left_.compare_exchange_weak(left, left - std::min(left, wanted), std::memory_order_relaxed)) {
    }
    return std::min(left, wanted);
  }
  void give_back(std::uint64_t bytes) { left_.fetch_add(bytes, std::memory_order_relaxed); }
  std::uint64_t size() const { return size_; }
  std::uint64_t left() const { return left_.load(std::memory_order_relaxed); }
  bool half_free() const { return left() >= size_ / 2; }

 private:
  const std::uint64_t size_;
  std::atomic<std::uint64_t> left_;
};

class Reservation {
 public:
  Reservation() = default;  // of nothing, and nothing can be had
  Reservation(Budget& connection, Budget* process) : connection_(&connection), process_(process) {}
  Reservation(Reservation&& other) noexcept
      : connection_(other.connection_), process_(other.process_), bytes_(std::exchange(other.bytes_, 0)) {}
  Reservation& operator=(Reservation&& other) noexcept {
    shrink_to(0);
    connection_ = other.connection_;
    process_ = other.process_;
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  ~Reservation() { shrink_to(0); }

  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t grow_to(std::uint64_t wanted) {  // what is reserved then
    if (wanted <= bytes_ || connection_ == nullptr) return bytes_;
    std::uint64_t got = connection_->take(wanted - bytes_);
    if (process_ != nullptr) {
      const std::uint64_t both = process_->take(got);
      connection_->give_back(got - both);
      got = both;
    }
    bytes_ += got;
    return bytes_;
  }
  void shrink_to(std::uint64_t wanted) {
    if (wanted >= bytes_) return;
    const std::uint64_t given_back = bytes_ - wanted;
    connection_->give_back(given_back);
    if (process_ != nullptr) process_->give_back(given_back);
    bytes_ = wanted;
  }
  // New windows are large, and those in use grow, while half of it is there for others.
  bool plenty() const {
    return connection_ != nullptr && connection_->half_free() && (process_ == nullptr || process_->half_free());
  }

 private:
  Budget* connection_ = nullptr;
  Budget* process_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace sluice
