#pragma once
// What sluiced asks of the kernel for itself: modes of its files, signals, descriptors.

#include <functional>
#include <string>

#include "io/log.h"
#include "io/task.h"

namespace sluice::daemon {

// Once, before anything else: files for nobody else, a broken pipe is an error and not a death, as many descriptors as
// the kernel allows.
void settle_in();

// Completes with the first SIGTERM or SIGINT. A second one ends the process at once; machines of QEMU go on.
io::Task<> until_asked_to_stop(io::Logger log);

// Until it is cancelled: calls `renew` for each SIGHUP, one after the other.
io::Task<> at_each_hangup(std::function<io::Task<>()> renew);

// The program is installed: a path, or found in $PATH.
bool is_installed(const std::string& program);

}  // namespace sluice::daemon
