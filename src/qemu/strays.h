#pragma once
// QEMU processes that nobody knows: their daemon died between starting them and writing that down. They are found by
// their monitor's sockets, which still answer, and are told to quit.

#include <set>

#include "base/uuid.h"
#include "qemu/household.h"

namespace sluice::qemu {

// `noted`: machines whose QEMU is known.
io::Task<> end_strays(Household& household, std::set<Uuid> noted);

}  // namespace sluice::qemu
