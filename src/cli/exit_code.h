#pragma once
// What `sluice` ends with (sluice(1) documents it).

#include <sluice/error.h>

namespace sluice::cli {

enum class ExitCode : int {
  done = 0,
  failed = 1,
  usage = 2,
  not_found = 3,
  not_permitted = 4,
  no_connection = 5,
  resumable = 6,
  interrupted = 130,
};

ExitCode exit_code_of(const Failure& failure);

}  // namespace sluice::cli
