#include "daemon/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

#include "io/failure.h"
#include "service/version.h"

namespace sluice::daemon {
namespace {

constexpr int usage_error = 2;
constexpr std::uint64_t disk_timeout_max = 86'400;
constexpr std::uint16_t default_tcp_port = 16509, default_tls_port = 16514;  // libvirt's

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

const std::map<std::string, HostKind>& host_words() {
  static const std::map<std::string, HostKind> words{{"test", HostKind::test}, {"qemu", HostKind::qemu}};
  return words;
}

std::string level_problem(const std::string& word) {
  return io::log_level(word) ? "" : "'" + word + "' is none of debug, info, warning, error, off";
}

void refuse_one_place_for_two(const Options& options) {
  if (!options.metrics || options.metrics->path.empty()) return;
  const auto place = [](const std::string& path) { return std::filesystem::absolute(path).lexically_normal(); };
  for (const std::string& socket : {options.socket, options.read_only_socket}) {
    if (socket.empty() || place(socket) != place(options.metrics->path)) continue;
    io::fail(Code::invalid_arg, "figures cannot be told at '" + options.metrics->path + "': clients are served there");
  }
}

}  // namespace

MetricsPlace MetricsPlace::parse(const std::string& text) {
  if (text.find('/') != std::string::npos) return {.path = text, .tcp = {}};
  try {
    return {.path = {}, .tcp = io::TcpAddress::parse(text, std::nullopt)};
  } catch (const io::Failure& e) {
    io::fail(e.error.code,
             "--metrics takes ADDRESS:PORT, or the path of a unix socket with a '/' in it: " + e.error.message);
  }
}

Whoami whoami() {
  return {.root = ::geteuid() == 0,
          .runtime_directory = variable("XDG_RUNTIME_DIR"),
          .state_home = variable("XDG_STATE_HOME"),
          .home = variable("HOME")};
}

Parsed parse(int argc, const char* const* argv, const Whoami& me) {
  Options options;
  std::string level = "info", tcp, tls, metrics;
  auto timeout = static_cast<std::uint64_t>(options.disk_timeout.count());
  bool foreground = true;  // the only way it runs; the word is for scripts that want to be sure
  CLI::App app("Serves the virtual machines of this host.", "sluiced");
  app.set_version_flag("--version", "sluiced " + std::string(service::version_text));
  app.add_option("--socket", options.socket, "listen here")->type_name("PATH");
  app.add_option("--tcp", tcp, "listen on TCP, too: without authentication, for clients of this machine only")
      ->type_name("ADDRESS[:PORT]");
  app.add_option("--tls", tls, "listen on TCP with TLS, too: for clients with a certificate of the CA")
      ->type_name("ADDRESS[:PORT]");
  app.add_option("--pki", options.pki, "the certificates for it are here (default: where libvirt has them)")
      ->type_name("DIR")
      ->needs("--tls");
  app.add_option("--metrics", metrics, "tell figures here, for Prometheus: a unix socket, or TCP on this machine")
      ->type_name("PATH|ADDRESS:PORT");
  app.add_option("--state-dir", options.state_directory, "keep everything here")->type_name("DIR");
  app.add_option("--host", options.host, "the host to serve (default: qemu if it is installed, else test)")
      ->type_name("qemu|test")
      ->transform(CLI::Transformer(host_words()).description(""))
      ->check(CLI::IsMember({static_cast<int>(HostKind::test), static_cast<int>(HostKind::qemu)}).description(""));
  app.add_option("--disk-timeout", timeout, "fail what a disk has not answered for so long (default: 60; 0: never)")
      ->type_name("SECONDS")
      ->check(CLI::Range(std::uint64_t{0}, disk_timeout_max).description(""));
  app.add_option("--log-level", level, "debug, info, warning, error or off")
      ->type_name("LEVEL")
      ->check(level_problem, "");
  app.add_flag("--foreground", foreground, "stay in the foreground (as it does anyway)");
  try {
    app.parse(argc, argv);
    options.disk_timeout = std::chrono::seconds(timeout);
    options.log_level = *io::log_level(level);
    if (app.count("--tcp") > 0) options.tcp = io::TcpAddress::parse(tcp, default_tcp_port);
    if (app.count("--tls") > 0) options.tls = io::TcpAddress::parse(tls, default_tls_port);
    choose_places(options, me);
    if (app.count("--metrics") > 0) options.metrics = MetricsPlace::parse(metrics);
    refuse_one_place_for_two(options);
  } catch (const CLI::ParseError& e) {
    return {.options = {}, .exit_code = app.exit(e) == 0 ? 0 : usage_error};
  } catch (const io::Failure& e) {
    std::cerr << "sluiced: " << e.error.message << "\n";
    return {.options = {}, .exit_code = usage_error};
  }
  return {.options = std::move(options), .exit_code = {}};
}

void choose_places(Options& options, const Whoami& me) {
  const bool private_place = !options.state_directory.empty();
  if (!private_place) {
    if (me.root) {
      options.state_directory = "/var/lib/sluice";
    } else if (!me.state_home.empty()) {
      options.state_directory = me.state_home + "/sluice";
    } else if (!me.home.empty()) {
      options.state_directory = me.home + "/.local/state/sluice";
    } else {
      io::fail(Code::invalid_arg, "neither --state-dir nor $XDG_STATE_HOME nor $HOME says where to keep state");
    }
  }
  if (!options.socket.empty()) return;
  if (private_place) {
    options.socket = options.state_directory + "/sluice-sock";
  } else if (me.root) {
    options.socket = "/run/sluice/sluice-sock";
    options.read_only_socket = "/run/sluice/sluice-sock-ro";
    options.make_socket_directory = true;
  } else if (!me.runtime_directory.empty()) {
    options.socket = me.runtime_directory + "/sluice/sluice-sock";
    options.make_socket_directory = true;
  } else {
    io::fail(Code::invalid_arg, "neither --socket nor --state-dir nor $XDG_RUNTIME_DIR says where to listen");
  }
}

}  // namespace sluice::daemon
