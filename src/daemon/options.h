#pragma once
// What was said to sluiced, on the command line and in files, and the places it works in when nothing else was said.
//
//   const Parsed parsed = parse(argc, argv);
//   if (parsed.exit_code) return *parsed.exit_code;             // --help, --version, or a mistake that was explained
//   run(parsed.options);

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "daemon/rules.h"
#include "io/log.h"
#include "io/tcp_socket.h"

namespace sluice::daemon {

enum class HostKind : std::uint8_t { automatic, test, qemu };

// Where figures are read: a unix socket, or TCP.
struct MetricsPlace {
  std::string path;  // empty: TCP
  std::optional<io::TcpAddress> tcp;

  // "/run/sluice/metrics", "./metrics", "127.0.0.1:9000". A Failure (Code::invalid_arg) says what is wrong with it.
  static MetricsPlace parse(const std::string& text);
};

// How clients show who they are.
struct Sasl {
  std::string directory;  // of sluice.conf; empty: where cyrus looks by itself
  std::vector<std::string> mechanisms{"SCRAM-SHA-512", "SCRAM-SHA-256"};
  bool operator==(const Sasl&) const = default;
};
enum class TlsAuth : std::uint8_t { certificate, sasl, both };

struct Options {
  std::string state_directory;
  std::string socket;
  std::string read_only_socket;       // empty: none
  std::optional<io::TcpAddress> tcp;  // beside the sockets
  std::optional<io::TcpAddress> tls;
  std::string pki;  // directory of the certificates; empty: where libvirt has them
  TlsAuth tls_auth = TlsAuth::certificate;
  std::optional<std::vector<std::string>> tls_allowed;  // names of certificates (secure/allowed_names.h); none: any
  bool socket_sasl = false;                             // on the unix sockets, too
  Sasl sasl;
  bool asks_sasl() const { return socket_sasl || (tls && tls_auth != TlsAuth::certificate); }
  std::vector<Rule> rules;  // of the file alone
  std::optional<MetricsPlace> metrics;
  bool make_socket_directory = false;
  HostKind host = HostKind::automatic;
  std::chrono::seconds disk_timeout{60};  // 0: a disk may take as long as it likes
  io::LogLevel log_level = io::LogLevel::info;
};

struct Parsed {
  Options options;
  std::optional<int> exit_code;  // set: there is nothing to run
  bool check = false;            // whether it could run, and no more
};

// What decides about the places: who we are and what the environment says.
struct Whoami {
  bool root = false;
  std::string runtime_directory;  // $XDG_RUNTIME_DIR
  std::string state_home;         // $XDG_STATE_HOME
  std::string config_home;        // $XDG_CONFIG_HOME
  std::string system_config;      // root's file of settings; empty: none
  std::string home;               // $HOME
};
Whoami whoami();

Parsed parse(int argc, const char* const* argv, const Whoami& me);

// Fills in the places that were left open. With a state directory of its own a daemon touches nothing outside of it.
// Throws io::Failure if the environment does not say where an ordinary user's files belong.
void choose_places(Options& options, const Whoami& me);

}  // namespace sluice::daemon
