#pragma once
// What the simulation throws when an invariant does not hold.

#include <stdexcept>
#include <string>

namespace sluice::sim {

struct BrokenPromise : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// `what` is a literal; a sentence that has to be composed is thrown by the one who knows it.
inline void must(bool holds, const char* what) {
  if (!holds) throw BrokenPromise(what);
}

}  // namespace sluice::sim
