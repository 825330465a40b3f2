#include "cli/exit_code.h"

namespace sluice::cli {

ExitCode exit_code_of(const Failure& failure) {
  if (dynamic_cast<const Disconnected*>(&failure) != nullptr) return ExitCode::no_connection;
  switch (failure.code()) {
    case Code::no_connect: return ExitCode::no_connection;
    case Code::no_domain: return ExitCode::not_found;
    case Code::operation_denied:
    case Code::access_denied:
    case Code::auth_failed: return ExitCode::not_permitted;
    default: return ExitCode::failed;
  }
}

}  // namespace sluice::cli
