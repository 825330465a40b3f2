#pragma once
// Long work on files, in steps that are short enough to be cancelled between them and to let others have the disk's
// threads.
//
//   co_await take_steps(disk, std::make_shared<Copying>(...), access.volume.use);
//
// Who gives them up does not wait for the step that is under way. Steps that change a volume hold its use till then, or
// the last one would hit what somebody writes next.

#include <memory>

#include "storage/house.h"

namespace sluice::storage {

struct Steps {
  virtual ~Steps() = default;
  virtual bool step() = 0;  // blocks; false: that was the last one
};

inline io::Task<> take_steps(const PoolDisk& disk, std::shared_ptr<Steps> steps, std::shared_ptr<void> use = nullptr,
                             std::string who = {}) {
  struct Leave {
    const PoolDisk& disk;
    std::shared_ptr<Steps>& steps;
    ~Leave() { disk.let_go(std::move(steps)); }
  };
  const Leave leave{disk, steps};
  for (bool more = true; more;) {
    auto step = [steps, use] { return steps->step(); };
    more = co_await disk.run(std::move(step), who);
  }
}

}  // namespace sluice::storage
