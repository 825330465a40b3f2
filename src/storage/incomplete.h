#pragma once
// Which volumes an upload was begun for and not finished: in the store, so that a restart does not forget it, and in
// memory, so that asking costs nothing. `load` and `mark` block. Thread-safe.

#include <mutex>
#include <set>
#include <string>

#include "driver/store.h"

namespace sluice::storage {

class Incomplete {
 public:
  explicit Incomplete(driver::Store& store) : store_(store) {}

  void load() {
    const std::vector<std::string> keys = store_.incomplete_volumes();
    const std::lock_guard lock(mutex_);
    keys_.insert(keys.begin(), keys.end());
  }
  bool contains(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    return keys_.contains(key);
  }
  void mark(const std::string& key, bool incomplete) {
    if (contains(key) == incomplete) return;
    store_.set_incomplete(key, incomplete);
    const std::lock_guard lock(mutex_);
    if (incomplete) {
      keys_.insert(key);
    } else {
      keys_.erase(key);
    }
  }

 private:
  driver::Store& store_;
  mutable std::mutex mutex_;
  std::set<std::string> keys_;
};

}  // namespace sluice::storage
