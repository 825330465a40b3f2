#pragma once
// Signals are for the thread that main left to wait for them. Threads made while this lives begin with all of them
// blocked; a write to a closed pipe gives them an error, not the process a SIGPIPE.

#include <signal.h>

namespace sluice::io {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace sluice::io
