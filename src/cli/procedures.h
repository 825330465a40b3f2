#pragma once
// --list-procedures: what a daemon can be asked, as the library declares it.

#include <ostream>

namespace sluice::cli {

void list_procedures(std::ostream& out, bool json);

}  // namespace sluice::cli
