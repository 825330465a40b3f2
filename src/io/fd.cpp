#include "io/fd.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

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

void fail_with_errno(std::string_view what, int os_error) { throw Failure(system_failure(what, os_error)); }

}  // namespace sluice::io
