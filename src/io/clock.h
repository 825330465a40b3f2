#pragma once
// Where the running half learns what time it is. The real one is made in main, tests hold a clock that they move by
// hand.

#include "base/instant.h"
#include "io/task.h"

namespace sluice::io {

struct Clock {
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual Task<> sleep_until(Instant then) = 0;
};

class SteadyClock final : public Clock {
 public:
  Instant now() const override;
  Task<> sleep_until(Instant then) override;
};

}  // namespace sluice::io
