#include "remote/uri.h"

#include <algorithm>
#include <charconv>

#include "base/limits.h"

namespace sluice::remote {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool in_scheme(char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool needs_no_escape(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("-._~/:@!$'()*,").find(c) != std::string_view::npos;
}

int hex(char c) {
  if (is_digit(c)) return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string shown(std::string_view text) {  // for a message
  std::string out;
  for (const char c : text.substr(0, 100)) out += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  return out + (text.size() > 100 ? "..." : "");
}

std::string escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (needs_no_escape(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

// One parse: the text that is left, and the whole for messages.
class Parser {
 public:
  explicit Parser(std::string_view text) : whole_(text), left_(text) {}

  Result<Uri> run() {
    if (whole_.empty()) return wrong("it is empty");
    if (whole_.size() > limits::uri_max) return wrong("it has more than " + std::to_string(limits::uri_max) + " bytes");
    Uri uri;
    if (auto ok = scheme(uri); !ok) return std::unexpected(ok.error());
    if (auto ok = authority(uri); !ok) return std::unexpected(ok.error());
    const auto fragment = left_.find('#');
    if (fragment != std::string_view::npos) return wrong("it has a '#' part, which means nothing here");
    const auto question = left_.find('?');
    auto path = decoded(left_.substr(0, question));
    if (!path) return std::unexpected(path.error());
    uri.path = std::move(*path);
    if (question != std::string_view::npos) {
      if (auto ok = query(left_.substr(question + 1), uri); !ok) return std::unexpected(ok.error());
    }
    return uri;
  }

 private:
  std::unexpected<Error> wrong(const std::string& why) const {
    return fault(Code::invalid_arg, "cannot connect to '" + shown(whole_) + "': " + why, ErrorDomain::uri);
  }

  Result<> scheme(Uri& uri) {
    const auto colon = left_.find("://");
    if (colon == std::string_view::npos) return wrong("it is not of the form DRIVER[+TRANSPORT]://[HOST]/PATH");
    const std::string_view all = left_.substr(0, colon);
    left_.remove_prefix(colon + 3);
    const auto plus = all.find('+');
    for (const char c : all.substr(0, plus)) uri.scheme += lower(c);
    if (plus != std::string_view::npos) {
      for (const char c : all.substr(plus + 1)) uri.transport += lower(c);
      if (uri.transport.empty()) return wrong("nothing follows the '+'");
    }
    if (uri.scheme.empty()) return wrong("nothing stands before '://'");
    if (!is_letter(uri.scheme.front()) || !std::ranges::all_of(uri.scheme, in_scheme) ||
        !std::ranges::all_of(uri.transport, in_scheme)) {
      return wrong("'" + shown(all) + "' is no name of a driver and transport");
    }
    return {};
  }

  Result<> authority(Uri& uri) {
    const auto end = std::min(left_.find_first_of("/?#"), left_.size());
    std::string_view all = left_.substr(0, end);
    left_.remove_prefix(end);
    if (const auto at = all.rfind('@'); at != std::string_view::npos) {
      auto user = decoded(all.substr(0, at));
      if (!user) return std::unexpected(user.error());
      uri.user = std::move(*user);
      all.remove_prefix(at + 1);
    }
    std::size_t colon = all.rfind(':');
    if (all.starts_with('[')) {  // an IPv6 address
      const auto close = all.find(']');
      if (close == std::string_view::npos) return wrong("the '[' of its host is not closed");
      uri.host = all.substr(1, close - 1);
      if (close + 1 < all.size() && all[close + 1] != ':') return wrong("only a port may follow the ']' of its host");
      colon = close + 1 < all.size() ? close + 1 : std::string_view::npos;
    } else {
      uri.host = all.substr(0, colon);
    }
    const bool bracketed = all.starts_with('[');
    const auto in_host = [bracketed](char c) {
      return in_scheme(c) || c == '_' || (bracketed && (c == ':' || c == '%'));
    };
    if (!std::ranges::all_of(uri.host, in_host)) return wrong("'" + shown(uri.host) + "' is no name of a host");
    return colon == std::string_view::npos ? Result<>() : port(all.substr(colon + 1), uri);
  }

  Result<> port(std::string_view digits, Uri& uri) {
    unsigned number = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (failed != std::errc() || end != digits.data() + digits.size() || number == 0 || number > 65535) {
      return wrong("'" + shown(digits) + "' is no port");
    }
    uri.port = number;
    return {};
  }

  Result<> query(std::string_view text, Uri& uri) {
    while (!text.empty()) {
      const auto end = std::min(text.find_first_of("&;"), text.size());
      const std::string_view item = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (item.empty()) continue;
      const auto equals = item.find('=');
      auto key = decoded(item.substr(0, equals));
      if (!key) return std::unexpected(key.error());
      if (key->empty()) return wrong("a value of its query has no name");
      auto value = decoded(equals == std::string_view::npos ? std::string_view() : item.substr(equals + 1));
      if (!value) return std::unexpected(value.error());
      uri.query.emplace_back(std::move(*key), std::move(*value));
    }
    return {};
  }

  Result<std::string> decoded(std::string_view text) const {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '%') {
        out += text[i];
        continue;
      }
      const int high = i + 1 < text.size() ? hex(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex(text[i + 2]) : -1;
      if (high < 0 || low < 0) return wrong("a '%' in it is not followed by two hexadecimal digits");
      if (high == 0 && low == 0) return wrong("it contains a zero byte");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (out.find('\0') != std::string::npos) return wrong("it contains a zero byte");
    return out;
  }

  std::string_view whole_, left_;
};

std::string query_text(const Uri& uri, const std::vector<std::string_view>& without) {
  std::string out;
  for (const auto& [key, value] : uri.query) {
    if (std::ranges::find(without, key) != without.end()) continue;
    out += (out.empty() ? '?' : '&') + escaped(key) + "=" + escaped(value);
  }
  return out;
}

}  // namespace

Result<Uri> Uri::parse(std::string_view text) { return Parser(text).run(); }

std::optional<std::string> Uri::find(std::string_view key) const {
  const auto at = std::ranges::find(query.rbegin(), query.rend(), key, [](const auto& item) { return item.first; });
  return at == query.rend() ? std::nullopt : std::optional(at->second);
}

std::string Uri::for_daemon(const std::vector<std::string_view>& local) const {
  return scheme + "://" + escaped(path) + query_text(*this, local);
}

std::string Uri::text() const {
  std::string out = scheme + (transport.empty() ? "" : "+" + transport) + "://";
  if (!user.empty()) out += escaped(user) + "@";
  out += host.find_first_of(":%") == std::string::npos ? host : "[" + host + "]";
  if (port) out += ":" + std::to_string(*port);
  return out + escaped(path) + query_text(*this, {});
}

}  // namespace sluice::remote
