// The suite, put to the storage that is only in memory.
#include <boost/asio/strand.hpp>
#include <mutex>

#include "driver/memory_storage.h"
#include "io/clock.h"
#include "subject.h"

namespace sluice::storage_contract {
namespace {

class MemorySubject final : public Subject {
 public:
  explicit MemorySubject(const io::Executor& executor)
      : storage_(
            {.strand = asio::make_strand(executor), .clock = clock_, .memory_max = 256 * 1024 * 1024, .faults = [this] {
               return faults();
             }}) {}

  driver::Storage& storage() override { return storage_; }
  std::string path_of(const std::string& pool) const override { return "/pools/" + pool; }
  std::string break_at(std::uint64_t byte) override {
    set({.upload_fails_at = byte, .reason = "the disk has a scratch"});
    return "the disk has a scratch";
  }
  void heal() override { set({}); }
  std::string left_behind() const override { return ""; }

 private:
  driver::Faults faults() const {
    const std::lock_guard lock(mutex_);
    return faults_;
  }
  void set(driver::Faults faults) {
    const std::lock_guard lock(mutex_);
    faults_ = std::move(faults);
  }

  io::SteadyClock clock_;
  mutable std::mutex mutex_;
  driver::Faults faults_;
  driver::MemoryStorage storage_;
};

}  // namespace

std::unique_ptr<Subject> make_subject(const io::Executor& executor) {
  return std::make_unique<MemorySubject>(executor);
}

}  // namespace sluice::storage_contract
