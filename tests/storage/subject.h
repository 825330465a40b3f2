#pragma once
// What the suite needs of a storage it is put to: each of its programs makes its own.

#include <cstdint>
#include <memory>
#include <string>

#include "driver/storage.h"
#include "io/task.h"

namespace sluice::storage_contract {

struct Subject {
  virtual ~Subject() = default;
  virtual driver::Storage& storage() = 0;
  virtual std::string path_of(const std::string& pool) const = 0;  // where a pool of that name may be made
  // From now on writes behind that byte of a volume fail, and what is said of it; until heal().
  virtual std::string break_at(std::uint64_t byte) = 0;
  virtual void heal() = 0;
  // What is there and should not be when nobody works on a volume. One line each.
  virtual std::string left_behind() const = 0;
};

// The storage lives on `executor`, which is not the one that the tests' streams live on.
std::unique_ptr<Subject> make_subject(const io::Executor& executor);

}  // namespace sluice::storage_contract
