#pragma once
// A program as a connection serves it: its procedures and one function that answers them, whatever stands behind it:
// groups of handlers (group.h), or the handlers of a user's own service.
//
//   ServedProgram words{.info = Words::info(), .answer = [&](link::Incoming& call) { return count(call); }};

#include <functional>
#include <vector>

#include "link/link.h"
#include "service/group.h"

namespace sluice::service {

struct ServedProgram {
  remote::ProgramInfo info;
  // The reply of a call; of a streaming call, which it accepts, the result. Throws io::Failure.
  std::function<Task<Buffer>(link::Incoming& call)> answer;
};

// The program that these groups serve together. A procedure that none of them knows is "unknown procedure", which
// clients turn into "not supported". What the groups point to outlives the program.
ServedProgram serve_groups(const remote::ProgramInfo& info, std::vector<Group> groups);

}  // namespace sluice::service
