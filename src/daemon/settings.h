#pragma once
// Settings are what can be said to sluiced, on its command line and in its file (config.h): each is declared once, with
// both names. What is said later counts.
//
//   for (const Setting& setting : settings()) if (setting.key == "tls.listen") setting.set(options, {"0.0.0.0"});

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/options.h"

namespace sluice::daemon {

struct Setting {
  enum class Kind : std::uint8_t { text, number, list };
  using Values = std::vector<std::string>;  // one, unless it is a list

  const char* key;   // in the file: "tls.listen"
  const char* flag;  // on the command line: "--tls"
  const char* type;  // of its value, as the help shows it: "ADDRESS[:PORT]"
  const char* help;
  Kind kind;
  void (*set)(Options& options, const Values& values);  // a Failure says what is wrong with them
};

std::span<const Setting> settings();

// What does not fit together, after all was said: throws a Failure (Code::invalid_arg).
void check_together(const Options& options);

}  // namespace sluice::daemon
