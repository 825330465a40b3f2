#pragma once
// Ctrl-C. The first one asks the transfer under way to stop, so that its stream is aborted and nothing is left behind;
// without a transfer, and the second time, the program ends at once with 130. SIGTERM and SIGHUP do the same.

#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace sluice::cli {

class Interrupt {
 public:
  Interrupt();  // before any other thread is started: they inherit that these signals are blocked
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // While it lives, the first signal requests a stop of token() instead of ending the program.
  class Transfer {
   public:
    explicit Transfer(Interrupt& interrupt);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;
    std::stop_token token() const { return stop_.get_token(); }

   private:
    friend class Interrupt;
    Interrupt& interrupt_;
    std::stop_source stop_;
  };

  bool came() const;
  // Called before the program ends at once, to put the terminal back; unset with an empty function.
  void on_end(std::function<void()> clean_up);

 private:
  void wait();

  mutable std::mutex mutex_;
  Transfer* transfer_ = nullptr;
  std::function<void()> clean_up_;
  bool came_ = false;
  std::thread thread_;
};

}  // namespace sluice::cli
