#pragma once
// A task that may not take longer than it is given.
//
//   co_await within(clock, deadlines.start, late, monitor.ready());       // or throws `late`, the task being over
//
// The task must end when it is cancelled; all tasks that wait do.

#include <optional>
#include <utility>

#include "io/clock.h"
#include "io/failure.h"
#include "io/scope.h"

namespace sluice::qemu {

inline io::Task<> fail_later(io::Clock& clock, Duration limit, Error late) {
  co_await clock.sleep_until(clock.now() + limit);
  throw io::Failure(std::move(late));
}

inline io::Task<> within(io::Clock& clock, Duration limit, Error late, io::Task<> task) {
  co_await io::scoped([&](io::Scope& scope) -> io::Task<> {
    scope.spawn(std::move(task));
    scope.spawn(fail_later(clock, limit, std::move(late)));
    co_await scope.any();
  });
}

}  // namespace sluice::qemu
