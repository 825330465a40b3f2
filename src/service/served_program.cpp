#include "service/served_program.h"

namespace sluice::service {

ServedProgram serve_groups(const remote::ProgramInfo& info, std::vector<Group> groups) {
  auto answer = [groups = std::move(groups)](link::Incoming& call) -> Task<Buffer> {
    for (const Group& group : groups) {
      if (const Entry* const entry = group.find(call.proc().number)) return entry->answer(group.handlers, call);
    }
    io::fail(Code::rpc, "unknown procedure: " + std::to_string(call.proc().number), ErrorDomain::rpc);
  };
  return {.info = info, .answer = std::move(answer)};
}

}  // namespace sluice::service
