#include "qmp/states.h"

namespace sluice::qmp {

std::string drawing() { return mermaid("The QEMU monitor", rows); }

}  // namespace sluice::qmp
