#include "cli/progress.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "cli/json.h"
#include "cli/outcome.h"

namespace sluice::cli {
namespace {

double seconds(std::chrono::steady_clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string rounded(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

}  // namespace

ProgressMode ProgressMode::parse(const std::string& text) {
  if (text == "none") return {.how = How::none};
  if (text == "auto") return {.how = ::isatty(STDERR_FILENO) != 0 ? How::line : How::none};
  if (text == "json") return {.how = How::json};
  if (text.starts_with("json:")) {
    int fd = -1;
    const char* const last = text.data() + text.size();
    const auto [end, failed] = std::from_chars(text.data() + 5, last, fd);
    if (failed == std::errc() && end == last && fd >= 0 && ::fcntl(fd, F_GETFD) >= 0) return {How::json, fd};
    throw UsageError("--progress=" + text + ": '" + text.substr(5) + "' is no open descriptor");
  }
  throw UsageError("--progress is auto, none, json or json:FD, not '" + text + "'");
}

ProgressShow::~ProgressShow() {
  if (shown_ > 0) put("\n");
}

TransferOptions ProgressShow::options(std::stop_token stop) {
  TransferOptions options{.stop = std::move(stop)};
  if (mode_.how == ProgressMode::How::none) return options;
  options.progress = [this](const Progress& progress) { show(progress); };
  options.progress_interval = std::chrono::milliseconds(mode_.how == ProgressMode::How::line ? 200 : 500);
  return options;
}

void ProgressShow::show(const Progress& progress) {
  last_ = progress;
  const auto now = Clock::now();
  if (const double passed = seconds(now - marked_); passed >= 0.2) {
    const double current = static_cast<double>(progress.transferred - at_mark_) / passed;
    const double weight = recent_ == 0 ? 1 : 1 - std::exp(-passed / 2);
    recent_ += (current - recent_) * weight;
    marked_ = now;
    at_mark_ = progress.transferred;
  }
  if (mode_.how == ProgressMode::How::json) return put(json(false) + "\n");
  std::string text = line();
  const std::size_t length = text.size();
  text.append(shown_ > length ? shown_ - length : 0, ' ');
  shown_ = length;
  put("\r" + text);
}

void ProgressShow::done() {
  if (mode_.how == ProgressMode::How::json) put(json(true) + "\n");
}

double ProgressShow::rate() const {
  if (recent_ > 0) return recent_;
  const double passed = seconds(Clock::now() - begun_);
  return passed > 0 ? static_cast<double>(last_.transferred) / passed : 0;
}

std::string ProgressShow::line() const {
  const auto moved = static_cast<double>(last_.transferred), total = static_cast<double>(last_.total);
  std::string text = what_ + "  " + readable_bytes(moved);
  if (last_.total != 0) text += " of " + readable_bytes(total);
  text += "  " + readable_bytes(rate()) + "/s";
  if (last_.total > last_.transferred && rate() > 0)
    text += "  " + readable_seconds((total - moved) / rate()) + " left";
  return text;
}

std::string ProgressShow::json(bool over) const {
  JsonObject object;
  object.add("what", what_).add("bytes", last_.transferred);
  if (last_.total != 0) object.add("total", last_.total);
  const double passed = seconds(Clock::now() - begun_);
  const double overall = passed > 0 ? static_cast<double>(last_.transferred) / passed : 0;
  object.add("bytes_per_second", static_cast<std::uint64_t>(over ? overall : rate()));
  object.add("seconds", passed);
  if (!over && last_.total > last_.transferred && rate() > 0) {
    object.add("seconds_left", static_cast<double>(last_.total - last_.transferred) / rate());
  }
  return object.add("done", over).text();
}

// Progress that nobody can be told is no reason to fail.
void ProgressShow::put(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t count = ::write(mode_.fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) return;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string readable_bytes(double bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t unit = 0;
  while (bytes >= 1023.5 && unit + 1 < units.size()) {
    bytes /= 1024;
    ++unit;
  }
  return rounded(bytes, unit == 0 || bytes >= 99.95 ? 0 : 1) + " " + units[unit];
}

std::string readable_seconds(double whole) {
  const auto all = static_cast<std::uint64_t>(std::clamp(std::ceil(whole), 0.0, 359'999.0));
  const auto two = [](std::uint64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  const std::uint64_t hours = all / 3600, minutes = all / 60 % 60;
  return (hours != 0 ? std::to_string(hours) + ":" + two(minutes) : std::to_string(minutes)) + ":" + two(all % 60);
}

}  // namespace sluice::cli
