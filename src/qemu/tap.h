#pragma once
// The tap device behind an interface of type 'ethernet', opened by us because QEMU's user may not.

#include <string>

#include "io/fd.h"
#include "model/devices.h"

namespace sluice::qemu {

struct Tap {
  io::Fd device;
  std::string name;
};

// Makes the device (it vanishes with its last descriptor) and brings it up, or opens one that exists
// (managed='no'), which is left as it is.
Tap open_tap(const model::Interface& interface);

}  // namespace sluice::qemu
