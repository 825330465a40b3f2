#pragma once
// How far a transfer is: a line on standard error that is written over and over, JSON objects, or nothing.
//
//   ProgressShow show(ProgressMode::parse(settings.progress), "saving 'web1'");
//   guest.save(file, {}, show.options(interrupt.token()));

#include <sluice/stream.h>

#include <chrono>
#include <string>

namespace sluice::cli {

struct ProgressMode {
  enum class How { none, line, json } how = How::none;
  int fd = 2;
  // auto, none, json or json:FD; a UsageError says what else was said.
  static ProgressMode parse(const std::string& text);
};

class ProgressShow {
 public:
  ProgressShow(ProgressMode mode, std::string what) : mode_(mode), what_(std::move(what)) {}
  ProgressShow(const ProgressShow&) = delete;
  ProgressShow& operator=(const ProgressShow&) = delete;
  ~ProgressShow();  // leaves a clean line

  TransferOptions options(std::stop_token stop);  // for one transfer; refers to this
  void done();                                    // all went well

 private:
  using Clock = std::chrono::steady_clock;
  void show(const Progress& progress);
  void put(std::string_view text) const;
  double rate() const;  // bytes per second, of the last seconds
  std::string line() const;
  std::string json(bool over) const;

  ProgressMode mode_;
  std::string what_;
  Clock::time_point begun_ = Clock::now(), marked_ = begun_;
  Progress last_;
  std::uint64_t at_mark_ = 0;
  double recent_ = 0;      // rate, smoothed
  std::size_t shown_ = 0;  // letters of the line on the terminal
};

std::string readable_bytes(double bytes);      // "1.4 GiB"
std::string readable_seconds(double seconds);  // "0:07", "1:02:03"

}  // namespace sluice::cli
