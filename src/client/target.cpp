#include "client/target.h"

#include <unistd.h>

#include <cstdlib>

#include "io/failure.h"
#include "remote/uri.h"

namespace sluice::client {
namespace {

[[noreturn]] void refuse(const std::string& uri, const std::string& why) {
  io::fail(Code::invalid_arg, "cannot connect to '" + uri + "': " + why, ErrorDomain::uri);
}

std::string user_socket() {
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  const std::string base =
      runtime != nullptr && *runtime != '\0' ? runtime : "/run/user/" + std::to_string(::geteuid());
  return base + "/sluice/sluice-sock";
}

std::string default_socket(const remote::Uri& uri, const std::string& text, bool read_only) {
  if (uri.scheme != "qemu" && uri.scheme != "sluice") {
    refuse(text, "no socket is known for '" + uri.scheme + "' hosts; add ?socket=PATH");
  }
  if (uri.path == "/system") return read_only ? "/run/sluice/sluice-sock-ro" : "/run/sluice/sluice-sock";
  if (uri.path == "/session") return user_socket();
  refuse(text, "the path is '" + uri.path + "', not /system or /session");
}

Target tcp_target(const remote::Uri& uri, const std::string& text) {
  if (!uri.user.empty()) refuse(text, "it names the user '" + uri.user + "', but TCP has none");
  if (uri.find("socket")) refuse(text, "socket= is for the transport 'unix'");
  TcpTarget tcp{.host = uri.host.empty() ? "localhost" : uri.host};
  if (uri.port) tcp.port = static_cast<std::uint16_t>(*uri.port);
  return {.tcp = std::move(tcp), .name = uri.scheme == "remote" ? "" : uri.for_daemon({"mode", "authfile"})};
}

// An item of the query that is 0 or 1, and 0 if it is missing.
bool is_set(const remote::Uri& uri, const std::string& text, const std::string& item) {
  const auto value = uri.find(item);
  if (!value || *value == "0") return false;
  if (*value == "1") return true;
  refuse(text, item + "= is 0 or 1, not '" + *value + "'");
}

Target tls_target(const remote::Uri& uri, const std::string& text) {
  if (!uri.user.empty()) refuse(text, "it names the user '" + uri.user + "', but with TLS that is the certificate's");
  if (uri.find("socket")) refuse(text, "socket= is for the transport 'unix'");
  const auto pki = uri.find("pkipath");
  if (pki && pki->empty()) refuse(text, "its pkipath= is empty");
  TlsTarget tls{.host = uri.host.empty() ? "localhost" : uri.host,
                .pki = pki.value_or(""),
                .verify = !is_set(uri, text, "no_verify")};
  if (uri.port) tls.port = static_cast<std::uint16_t>(*uri.port);
  return {.tls = std::move(tls),
          .name = uri.scheme == "remote" ? "" : uri.for_daemon({"mode", "authfile", "pkipath", "no_verify"})};
}

std::string item(const remote::Uri& uri, const std::string& text, const std::string& name) {
  const auto value = uri.find(name);
  if (value && value->empty()) refuse(text, "its " + name + "= is empty");
  return value.value_or("");
}

Target ssh_target(const remote::Uri& uri, const std::string& text, bool read_only) {
  if (uri.host.empty()) refuse(text, "it names no machine");
  SshTarget ssh{.host = uri.host,
                .port = uri.port,
                .user = uri.user,
                .socket = item(uri, text, "socket"),
                .key_file = item(uri, text, "keyfile"),
                .netcat = item(uri, text, "netcat"),
                .ask = !is_set(uri, text, "no_tty"),
                .verify = !is_set(uri, text, "no_verify")};
  if (const std::string command = item(uri, text, "command"); !command.empty()) ssh.command = command;
  // The user's own there is found there.
  if (ssh.socket.empty() && uri.path != "/session") ssh.socket = default_socket(uri, text, read_only);
  return {.ssh = std::move(ssh),
          .name = uri.scheme == "remote" ? ""
                                         : uri.for_daemon({"socket", "mode", "authfile", "keyfile", "netcat", "no_tty",
                                                           "no_verify", "command", "proxy", "sshauth"})};
}

Target transport_target(const remote::Uri& uri, const std::string& text, bool read_only) {
  if (uri.transport == "tcp") return tcp_target(uri, text);
  if (uri.transport == "tls" || (uri.transport.empty() && !uri.host.empty())) return tls_target(uri, text);
  if (uri.transport == "ssh") return ssh_target(uri, text, read_only);
  if (!uri.transport.empty() && uri.transport != "unix") {
    refuse(text, "there is no transport '" + uri.transport + "', only 'unix', 'tcp', 'tls' and 'ssh'");
  }
  if (!uri.host.empty() || uri.port || !uri.user.empty()) {
    refuse(text, "it names the machine '" + uri.host + "', but only daemons of this machine can be reached");
  }
  const auto socket = uri.find("socket");
  if (socket && socket->empty()) refuse(text, "its socket= is empty");

  Target target{.socket = socket, .name = uri.scheme == "remote" ? "" : uri.for_daemon({"socket", "authfile", "mode"})};
  if (socket) return target;
  if (uri.scheme == "test" && uri.transport.empty()) {
    if (uri.path != "/default") refuse(text, "the only host of memory is test:///default");
    return target;
  }
  target.socket = default_socket(uri, text, read_only);
  return target;
}

}  // namespace

Target target_of(const std::string& text, bool read_only) {
  const remote::Uri uri = io::or_throw(remote::Uri::parse(text));
  Target target = transport_target(uri, text, read_only);
  target.auth_file = uri.find("authfile");
  if (target.auth_file && target.auth_file->empty()) refuse(text, "its authfile= is empty");
  return target;
}

}  // namespace sluice::client
