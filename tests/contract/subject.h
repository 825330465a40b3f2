#pragma once
// What the contract needs of a host it is put to: each program of the contract makes its own.

#include <memory>
#include <string>

#include "driver/host.h"

namespace sluice::contract {

struct Subject {
  virtual ~Subject() = default;  // the host was closed
  virtual driver::Host& host() = 0;
  // A machine of that name with 64 MiB and a console, small enough to be started often.
  virtual std::string definition(const std::string& name) const = 0;
  // What is there and should not be when nothing runs: processes, files. One line each.
  virtual std::string left_behind() const = 0;
  // How many moments a test tries out of the many there are.
  virtual int thoroughness() const = 0;
};

// The host lives on `executor`, which is not the one that the test's streams live on.
std::unique_ptr<Subject> make_subject(const io::Executor& executor);

// The same name always gets the same uuid.
Uuid uuid_of(const std::string& name);

}  // namespace sluice::contract
