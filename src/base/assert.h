#pragma once
// Invariants of our own. They stay in release builds; bytes from outside are never asserted on.

#include <source_location>

namespace sluice {

// Prints where and aborts. `what` is a literal that states the broken promise.
[[noreturn]] void broken_invariant(const char* what, std::source_location where);

inline void ensure(bool holds, const char* what = "invariant",
                   std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    broken_invariant(what, where);
}

}  // namespace sluice
