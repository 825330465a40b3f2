#include "cli/settings.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "cli/terminal.h"

namespace sluice::cli {
namespace {

std::string uri_of(const Settings& settings) {
  if (!settings.uri.empty()) return settings.uri;
  if (const char* const wanted = std::getenv("SLUICE_URI"); wanted != nullptr && *wanted != '\0') return wanted;
  return ::geteuid() == 0 ? "qemu:///system" : "qemu:///session";
}

bool looks_like_uuid(const std::string& text) {
  return text.size() == 36 && std::ranges::count(text, '-') == 4 &&
         text.find_first_not_of("0123456789abcdefABCDEF-") == std::string::npos;
}

std::optional<int> number_in(const std::string& text) {
  int number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, failed] = std::from_chars(text.data(), last, number);
  return failed == std::errc() && end == last && number >= 0 ? std::optional(number) : std::nullopt;
}

}  // namespace

Host Settings::connect() const { return connect(ConnectOptions{}); }
Host Settings::connect(Runtime runtime) const { return connect(ConnectOptions{.runtime = std::move(runtime)}); }

Host Settings::connect(ConnectOptions options) const {
  options.read_only = read_only;
  options.ask = [interrupt = interrupt](const Question& question) {
    const bool secret = question.what == Question::What::password;
    const std::string text = secret ? "Password of " + question.user + " at " + question.host + ": "
                                    : "User name at " + question.host + ": ";
    return ask_at_terminal(text, {.secret = secret, .interrupt = interrupt});
  };
  return Host::connect(uri_of(*this), options);
}

Domain find_machine(const Host& host, const std::string& text) {
  if (looks_like_uuid(text)) return host.lookup_uuid(text);
  if (auto named = host.find(text)) return *named;
  if (const auto id = number_in(text)) return host.lookup_id(*id);
  return host.lookup(text);  // throws, and says that there is none
}

Pool find_pool(const Host& host, const std::string& text) {
  return looks_like_uuid(text) ? host.lookup_pool_uuid(text) : host.lookup_pool(text);
}

}  // namespace sluice::cli
