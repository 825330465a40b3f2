#pragma once
// InOrder: work on a disk that may be taken back while a piece of it still hangs there. Taking it back waits for that
// piece, and pieces that come later do nothing: or the one that hangs would have the last word.
//
//   order->work([&] { ::ftruncate(file, then); });          // on the disk's threads
//   order->take_back([&] { ::ftruncate(file, now); });

#include <mutex>

namespace sluice::storage {

class InOrder {
 public:
  template <class Work>
  void work(Work work) {
    const std::lock_guard lock(mutex_);
    if (!taken_back_) work();
  }
  template <class Undo>
  void take_back(Undo undo) {
    const std::lock_guard lock(mutex_);
    taken_back_ = true;
    undo();
  }

 private:
  std::mutex mutex_;
  bool taken_back_ = false;
};

}  // namespace sluice::storage
