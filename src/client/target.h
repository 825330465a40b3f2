#pragma once
// Target: what a connection URI means: which socket, or this process itself, and what the daemon is asked to open.

#include <cstdint>
#include <optional>
#include <string>

#include "client/ssh.h"

namespace sluice::client {

struct TcpTarget {
  std::string host;
  std::uint16_t port = 16509;  // libvirt's
  bool operator==(const TcpTarget&) const = default;
};

struct TlsTarget {
  std::string host;
  std::uint16_t port = 16514;  // libvirt's
  std::string pki = {};        // directory of the certificates; empty: where libvirt has them
  bool verify = true;          // that the daemon is the one it should be
  bool operator==(const TlsTarget&) const = default;
};

// None of them: the host of memory in this process.
struct Target {
  std::optional<std::string> auth_file = {};
  std::optional<std::string> socket = {};
  std::optional<TcpTarget> tcp = {};
  std::optional<TlsTarget> tls = {};
  std::optional<SshTarget> ssh = {};
  std::string name;  // for connect_open

  std::string host() const { return tls ? tls->host : tcp ? tcp->host : ssh ? ssh->host : "localhost"; }
};

// Failure (Code::invalid_arg) says what is wrong with the URI.
Target target_of(const std::string& uri, bool read_only);

}  // namespace sluice::client
