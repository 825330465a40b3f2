#include "cli/interrupt.h"

#include <pthread.h>
#include <unistd.h>

namespace sluice::cli {

Interrupt::Interrupt() {
  ::sigemptyset(&signals_);
  for (const int number : {SIGINT, SIGTERM, SIGQUIT, SIGUSR1}) ::sigaddset(&signals_, number);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);  // threads that are made later inherit it
  thread_ = std::thread([this] { wait(); });
}

Interrupt::~Interrupt() {
  ::pthread_kill(thread_.native_handle(), SIGUSR1);  // our own sign that it is over
  thread_.join();
}

std::stop_token Interrupt::token() {
  under_way_ = true;
  return stop_.get_token();
}

void Interrupt::undo_at_end(std::function<void()> undo) {
  const std::lock_guard lock(mutex_);
  undo_ = std::move(undo);
}

void Interrupt::wait() {
  for (;;) {
    int number = 0;
    if (::sigwait(&signals_, &number) != 0 || number == SIGUSR1) return;
    if (!under_way_ || stop_.stop_requested()) {
      const std::lock_guard lock(mutex_);
      if (undo_) undo_();
      ::_exit(128 + number);
    }
    stop_.request_stop();
  }
}

}  // namespace sluice::cli
