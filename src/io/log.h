#pragma once
// What the operator reads: one line per happening, a sentence and its facts as key=value (or one JSON object).
//
//   Logger log = Logger::to_stderr({.level = LogLevel::info});
//   log.info("machine saved", {{"machine", "web1"}, {"bytes", bytes}});
//   Logger mine = log.with({{"client", "7"}});                  // these facts on every line
//
// Made in main and handed to whoever has something to say. Thread-safe; copies share one output.

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::io {

enum class LogLevel : std::uint8_t { debug, info, warning, error, off };
std::optional<LogLevel> log_level(std::string_view word);  // "debug", "info", "warning", "error", "off"

struct LogField {
  std::string key, value;
  bool number = false;
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  template <std::integral Number>
  LogField(std::string_view k, Number v) : key(k), value(std::to_string(v)), number(true) {}
};
using LogFields = std::vector<LogField>;

struct LogOptions {
  LogLevel level = LogLevel::info;
  bool json = false;
  bool times = true;  // false where the reader (the journal) adds its own
};

class Logger {
 public:
  static Logger to_stderr(const LogOptions& options);
  static Logger to(const LogOptions& options, std::function<void(std::string_view line)> output);  // one call at a time
  static Logger silent();

  void debug(std::string_view what, const LogFields& fields = {}) const { say(LogLevel::debug, what, fields); }
  void info(std::string_view what, const LogFields& fields = {}) const { say(LogLevel::info, what, fields); }
  void warning(std::string_view what, const LogFields& fields = {}) const { say(LogLevel::warning, what, fields); }
  void error(std::string_view what, const LogFields& fields = {}) const { say(LogLevel::error, what, fields); }
  bool says(LogLevel level) const;
  Logger with(LogFields fields) const;

 private:
  struct Output;
  explicit Logger(std::shared_ptr<Output> output) : output_(std::move(output)) {}
  void say(LogLevel level, std::string_view what, const LogFields& fields) const;

  std::shared_ptr<Output> output_;
  LogFields fields_;
};

}  // namespace sluice::io
