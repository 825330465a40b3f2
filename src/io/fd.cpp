#include "io/fd.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/limits.h"
#include "io/failure.h"

namespace sluice::io {

Fd::~Fd() {
  if (number_ >= 0) ::close(number_);
}

Fd Fd::duplicate() const {
  Fd copy(::fcntl(number_, F_DUPFD_CLOEXEC, 3));
  if (!copy) fail_with_errno("cannot duplicate a descriptor");
  return copy;
}

FdPair make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail_with_errno("cannot make a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

FdPair make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail_with_errno("cannot make a socket pair");
  return {Fd(ends[0]), Fd(ends[1])};
}

// The kernel gives the lowest number that is free: so many are in use at least.
void leave_some(const Fd& made, std::string_view what) {
  rlimit all{};
  if (::getrlimit(RLIMIT_NOFILE, &all) != 0 || all.rlim_cur == RLIM_INFINITY) return;
  const rlim_t left = std::min<rlim_t>(limits::descriptors_left, all.rlim_cur / 4);
  if (static_cast<rlim_t>(made.get()) >= all.rlim_cur - left) fail_with_errno(what, EMFILE);
}

void fail_with_errno(std::string_view what, int os_error) { throw Failure(system_failure(what, os_error)); }

}  // namespace sluice::io
