#include "cli/interrupt.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

#include "cli/exit_code.h"

namespace sluice::cli {
namespace {

constexpr int wake = SIGUSR1;  // ends the waiting thread

sigset_t waited_for() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, wake}) sigaddset(&set, signal);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of the write, with a name
  const sigset_t set = waited_for();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { wait(); });
}

Interrupt::~Interrupt() {
  pthread_kill(thread_.native_handle(), wake);
  thread_.join();
}

void Interrupt::wait() {
  const sigset_t set = waited_for();
  for (int signal = 0; sigwait(&set, &signal) == 0 && signal != wake;) {
    const std::lock_guard lock(mutex_);
    if (transfer_ == nullptr || came_) {
      if (clean_up_) clean_up_();
      ::_exit(static_cast<int>(ExitCode::interrupted));
    }
    came_ = true;
    transfer_->stop_.request_stop();
  }
}

bool Interrupt::came() const {
  const std::lock_guard lock(mutex_);
  return came_;
}

void Interrupt::on_end(std::function<void()> clean_up) {
  const std::lock_guard lock(mutex_);
  clean_up_ = std::move(clean_up);
}

Interrupt::Transfer::Transfer(Interrupt& interrupt) : interrupt_(interrupt) {
  const std::lock_guard lock(interrupt_.mutex_);
  interrupt_.transfer_ = this;
}

Interrupt::Transfer::~Transfer() {
  const std::lock_guard lock(interrupt_.mutex_);
  interrupt_.transfer_ = nullptr;
}

}  // namespace sluice::cli
