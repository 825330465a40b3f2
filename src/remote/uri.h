#pragma once
// Connection URIs, taken apart:  qemu+unix:///system?socket=/run/x&foo=bar
//
//   Result<Uri> uri = Uri::parse(text);       // an error says what is wrong with it
//   uri->scheme == "qemu", uri->transport == "unix", uri->path == "/system", uri->find("socket") == "/run/x"
//
// What the parts mean is decided by whoever connects.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::remote {

struct Uri {
  std::string scheme;     // lower case: "qemu"
  std::string transport;  // what follows '+' in the scheme; empty if nothing does
  std::string user, host;
  std::optional<unsigned> port;
  std::string path;                                        // with its slash
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order

  static Result<Uri> parse(std::string_view text);

  std::optional<std::string> find(std::string_view key) const;  // of the query; the last one counts
  // As a daemon gets it in connect_open: without transport, user, host and port, and without the query items that
  // `local` names.
  std::string for_daemon(const std::vector<std::string_view>& local) const;
  std::string text() const;
  bool operator==(const Uri&) const = default;
};

}  // namespace sluice::remote
