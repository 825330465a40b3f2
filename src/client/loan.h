#pragma once
// Loan: memory that an application lent to a stream comes back before it may be touched again, whatever became of the
// stream.
//
//   Loan loan;
//   exchange.lend(bytes, loan);  ...  loan.wait();

#include <condition_variable>
#include <mutex>

#include "base/chunk.h"

namespace sluice::client {

class Loan final : public Lender {
 public:
  Loan() = default;
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  ~Loan() { wait(); }

  void lent() {
    const std::lock_guard lock(mutex_);
    ++out_;
  }
  void returned() noexcept override {
    const std::lock_guard lock(mutex_);
    if (--out_ == 0) back_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    back_.wait(lock, [this] { return out_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable back_;
  std::size_t out_ = 0;  // pieces that are under way
};

}  // namespace sluice::client
