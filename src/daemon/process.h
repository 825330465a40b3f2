#pragma once
// What sluiced asks of the kernel for itself: modes of its files, signals, descriptors.

#include <boost/asio/signal_set.hpp>
#include <csignal>
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

// While it lives SIGHUP ends nothing; those that nobody waits for are kept.
class Hangup {
 public:
  explicit Hangup(const io::Executor& executor) : signal_(executor, SIGHUP) {}
  io::Task<> each(std::function<io::Task<>()> renew);  // until it is cancelled: for each, one after the other

 private:
  asio::signal_set signal_;
};

// The program is installed: a path, or found in $PATH.
bool is_installed(const std::string& program);

}  // namespace sluice::daemon
