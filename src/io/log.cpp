#include "io/log.h"

#include <spdlog/common.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <mutex>

namespace sluice::io {
namespace {

constexpr std::array<std::string_view, 5> words{"debug", "info", "warning", "error", "off"};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  constexpr std::array levels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err,
                              spdlog::level::off};
  return levels[static_cast<std::size_t>(level)];
}

// U+0080 to U+009F in UTF-8: terminals take them for commands.
bool is_c1(std::string_view text) {
  return text.size() > 1 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) >= 0x80 &&
         static_cast<unsigned char>(text[1]) < 0xa0;
}

void append_escaped(std::string& out, std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (is_c1(text.substr(at))) {
      const auto second = static_cast<unsigned char>(text[++at]);
      out += "\\u00";
      out += digits[second >> 4];
      out += digits[second & 15];
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {  // a guest's name must not move the reader's cursor
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

bool plain(std::string_view text) {
  return !text.empty() && text.find_first_of(" \"\\=\n\t\r\xc2") == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

std::string now_text() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> text;
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  const std::string fraction = std::to_string(1000 + ms).substr(1);
  return std::string(text.data(), size) + "." + fraction + "Z";
}

class CallingSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit CallingSink(std::function<void(std::string_view)> output) : output_(std::move(output)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    output_(std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}
  std::function<void(std::string_view)> output_;
};

}  // namespace

std::optional<LogLevel> log_level(std::string_view word) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == word) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

struct Logger::Output {
  Output(const LogOptions& o, std::shared_ptr<spdlog::sinks::sink> sink)
      : options(o), logger("sluice", std::move(sink)) {
    logger.set_pattern("%v");
    logger.set_level(to_spdlog(o.level));
    logger.flush_on(spdlog::level::debug);
  }

  std::string line(LogLevel level, std::string_view what, const LogFields& first, const LogFields& second) const {
    std::string out;
    const std::string_view severity = words[static_cast<std::size_t>(level)];
    if (options.json) {
      out = "{";
      if (options.times) out += "\"time\":\"" + now_text() + "\",";
      out += "\"level\":\"" + std::string(severity) + "\",\"message\":";
      append_quoted(out, what);
    } else {
      if (options.times) out += now_text() + " ";
      out += std::string(severity) + ": ";
      append_escaped(out, what);
    }
    for (const LogFields* fields : {&first, &second}) {
      for (const LogField& field : *fields) append(out, field);
    }
    if (options.json) out += "}";
    return out;
  }

  void append(std::string& out, const LogField& field) const {
    if (options.json) {
      out += ',';
      append_quoted(out, field.key);
      out += ':';
    } else {
      out += ' ' + field.key + '=';
    }
    if (options.json ? field.number : plain(field.value)) {
      out += field.value;
    } else {
      append_quoted(out, field.value);
    }
  }

  LogOptions options;
  mutable spdlog::logger logger;
};

Logger Logger::to_stderr(const LogOptions& options) {
  return Logger(std::make_shared<Output>(options, std::make_shared<spdlog::sinks::stderr_sink_mt>()));
}

Logger Logger::to(const LogOptions& options, std::function<void(std::string_view)> output) {
  return Logger(std::make_shared<Output>(options, std::make_shared<CallingSink>(std::move(output))));
}

Logger Logger::silent() {
  return to({.level = LogLevel::off}, [](std::string_view) {});
}

bool Logger::says(LogLevel level) const {
  return level != LogLevel::off && output_->logger.should_log(to_spdlog(level));
}

Logger Logger::with(LogFields fields) const {
  Logger longer = *this;
  longer.fields_.insert(longer.fields_.end(), fields.begin(), fields.end());
  return longer;
}

void Logger::say(LogLevel level, std::string_view what, const LogFields& fields) const {
  if (!says(level)) return;
  output_->logger.log(to_spdlog(level), spdlog::string_view_t(output_->line(level, what, fields_, fields)));
}

}  // namespace sluice::io
