#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace sluice {

void broken_invariant(const char* what, std::source_location where) {
  std::fprintf(stderr, "%s:%u: %s: broken: %s\n", where.file_name(), static_cast<unsigned>(where.line()),
               where.function_name(), what);
  std::abort();
}

}  // namespace sluice
