#pragma once
// The fork and exec beneath Child: everything that happens between them, where almost nothing is allowed.

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "base/error.h"
#include "io/child.h"
#include "io/fd.h"

namespace sluice::io {

struct Spawned {
  pid_t pid = -1;
  Fd pidfd;
  Fd report;  // ends when the program runs; a Stumble arrives if it never will
};

// What the child tells when it did not get as far as exec.
struct Stumble {
  int step = 0;
  int os_error = 0;
};

// The system calls, because glibc 2.36 declares its wrappers for C only.
Fd open_pidfd(pid_t pid);
bool signal_pidfd(int pidfd, int number);

Spawned spawn(const ChildOptions& options);
// How a child of ours ended, if it has; the kernel keeps that until it was asked. Of others nothing is known but that
// the one who asks saw the pidfd become readable, or killed it. Never waits.
std::optional<ExitStatus> reap(int pidfd);
Error explain(const Stumble& stumble, const std::string& program);

}  // namespace sluice::io
