#pragma once
// Uses knows which volumes of a pool are being worked on, so that nobody deletes what somebody else is writing. A use
// lasts as long as its token, which may die on any thread: work on the disk holds it until that is over, also when
// nobody waits for the work any more.
//
//   auto use = uses->take("web1.raw", {.doing = "is being uploaded to", .alone = true});

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace sluice::driver {

struct Use {
  std::string doing;   // "is being ..."
  bool alone = false;  // nobody else may use the volume meanwhile
};

class Uses : public std::enable_shared_from_this<Uses> {
 public:
  explicit Uses(std::string pool) : pool_(std::move(pool)) {}
  // A Failure with Code::operation_invalid if somebody is in the way.
  std::shared_ptr<void> take(const std::string& volume, Use use);
  bool any() const;

 private:
  using OfVolume = std::list<Use>;
  void end(const std::string& volume, OfVolume::iterator use);

  const std::string pool_;
  mutable std::mutex mutex_;
  std::map<std::string, OfVolume> uses_;  // one that is alone is the only one; no list is empty
};

}  // namespace sluice::driver
