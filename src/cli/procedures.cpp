#include "cli/procedures.h"

#include <sluice/program.h>

#include <iomanip>

#include "cli/json.h"

namespace sluice::cli {
namespace {

std::string_view name_of(Streaming stream) {
  switch (stream) {
    case Streaming::none: return "-";
    case Streaming::up: return "up";
    case Streaming::down: return "down";
    case Streaming::both: return "both";
  }
  return "?";
}

std::string_view name_of(Role role) {
  switch (role) {
    case Role::none: return "none";
    case Role::monitor: return "monitor";
    case Role::operate: return "operate";
    case Role::admin: return "admin";
  }
  return "?";
}

}  // namespace

void list_procedures(std::ostream& out, bool json) {
  for (const ProgramInfo& program : host_programs()) {
    for (const Proc& proc : program.procs) {
      if (json) {
        JsonObject object;
        object.add("program", program.number).add("procedure", proc.number).add("name", proc.name);
        object.add("stream", name_of(proc.stream)).add("role", name_of(proc.role));
        out << object.text() << "\n";
      } else {
        out << "0x" << std::hex << program.number << std::dec << std::setw(5) << proc.number << "  " << std::left
            << std::setw(5) << name_of(proc.stream) << std::setw(8) << name_of(proc.role) << std::right << proc.name
            << "\n";
      }
    }
  }
  out << std::flush;
}

}  // namespace sluice::cli
