#pragma once
// The ports QEMU chose for its screens, out of its answer to query-vnc-servers.

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "qmp/json.h"

namespace sluice::qemu {

// By the index of the screen; -1 where none listens.
Result<std::vector<std::int32_t>> read_vnc_ports(const boost::json::value& answer, std::size_t screens);

}  // namespace sluice::qemu
