#pragma once
// Ctrl-C, SIGTERM and SIGQUIT. A transfer that is under way is aborted, so that nothing half-done is left; the second
// one, or one while nothing is under way, ends the program at once.
//
//   Interrupt interrupt;                            // in main, before any other thread
//   guest.save(file, {}, {.stop = interrupt.token()});

#include <atomic>
#include <csignal>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace sluice::cli {

class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  std::stop_token token();  // from now on the first one only asks to stop
  bool happened() const { return stop_.stop_requested(); }
  // Called before the program is ended at once, for what would stay behind: a terminal without echo. Empty: no more.
  void undo_at_end(std::function<void()> undo);

 private:
  void wait();

  sigset_t signals_{};
  std::stop_source stop_;
  std::atomic<bool> under_way_ = false;
  std::mutex mutex_;
  std::function<void()> undo_;
  std::thread thread_;
};

}  // namespace sluice::cli
