#include "daemon/doors.h"

#include <grp.h>

#include "io/failure.h"
#include "io/unix_socket.h"

namespace sluice::daemon {
namespace {

link::CertificatePlaces places_of(const Options& options) {
  return options.pki.empty() ? link::daemon_places() : link::daemon_places(options.pki);
}

}  // namespace

void check_doors(const SaslGate& sasl, const Options& options) {
  constexpr int socket = 0, tls = 128;  // bits that encrypt what goes through
  if (options.socket_sasl) sasl.check(socket);
  if (options.tls && options.tls_auth != TlsAuth::certificate) sasl.check(tls);
}

std::optional<gid_t> sluice_group() {
  const group* const found = ::getgrnam("sluice");
  return found == nullptr ? std::nullopt : std::optional(found->gr_gid);
}

io::Task<> Doors::open(Server& server) {
  const io::Executor executor = co_await asio::this_coro::executor;
  if (options_.asks_sasl()) {
    const SaslGate::Options sasl{.directory = options_.sasl.directory, .mechanisms = options_.sasl.mechanisms};
    sasl_.emplace(sasl, disk_, clock_, log_);
    check_doors(*sasl_, options_);
  }
  if (options_.tls) co_await open_tls(server);
  open_sockets(server, executor);
  if (options_.tcp) open_tcp(server, executor);
}

void Doors::open_sockets(Server& server, const io::Executor& executor) {
  const auto open = [&](const io::UnixListenerOptions& where, remote::Role role) {
    server.listen(std::make_unique<io::UnixListener>(executor, where),
                  {.role = role_at(role), .login = options_.socket_sasl ? sasl_->logins() : service::NewLogin{}});
    log_.info("listening", {{"socket", where.path}, {"auth", options_.socket_sasl ? "sasl" : "none"}});
  };
  // The socket of the system belongs to a group; a private one to its owner.
  const bool shared = !options_.read_only_socket.empty();
  const std::optional<gid_t> group = shared ? sluice_group() : std::nullopt;
  open({.path = options_.socket, .mode = group ? 0660u : 0600u, .group = group}, remote::Role::admin);
  if (shared) open({.path = options_.read_only_socket, .mode = 0666}, remote::Role::monitor);
}

std::function<remote::Role(const io::Identity&)> Doors::role_at(remote::Role door) const {
  return [this, door](const io::Identity& who) { return rules_.role_of(who, door); };
}

void Doors::open_tcp(Server& server, const io::Executor& executor) {
  auto tcp = std::make_unique<io::TcpListener>(executor, *options_.tcp);
  log_.warning("listening without authentication: every user of this machine may do everything",
               {{"address", tcp->text()}});
  server.listen(std::move(tcp), {.role = role_at(remote::Role::admin)});
}

io::Task<> Doors::open_tls(Server& server) {
  const link::DaemonCredentials loaded = co_await credentials();
  gate_.emplace(loaded.credentials, clock_, link::today);
  revokes_ = loaded.revokes;
  const io::Executor executor = co_await asio::this_coro::executor;
  auto tcp = std::make_unique<io::TcpListener>(executor, *options_.tls, io::Reach::anywhere);
  log_.info("listening with TLS",
            {{"address", tcp->text()}, {"revocations", revokes_ ? places_of(options_).revocations : "none"}});
  const bool asks = options_.tls_auth != TlsAuth::certificate;
  server.listen(std::move(tcp),
                {.role = role_at(remote::Role::admin),
                 .admit = [this](std::unique_ptr<io::Transport> network) { return gate_->admit(std::move(network)); },
                 .login = asks ? sasl_->logins() : service::NewLogin{}});
}

io::Task<> Doors::renew() {
  if (!gate_) co_return;
  std::exception_ptr failed;
  try {
    link::DaemonCredentials loaded = co_await credentials();
    // A file that is being replaced at this moment must not let in whom it revokes.
    if (revokes_ && !loaded.revokes) io::fail(Code::invalid_arg, "'" + places_of(options_).revocations + "' is gone");
    gate_->renew(std::move(loaded.credentials));
    revokes_ = loaded.revokes;
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) {
    co_return log_.info("certificates were read again",
                        {{"revocations", revokes_ ? places_of(options_).revocations : "none"}});
  }
  const Error why = io::reason(failed);
  if (why.code == Code::operation_aborted) std::rethrow_exception(failed);
  log_.error("the new certificates cannot be used, the old ones stay", {{"why", why.message}});
}

io::Task<link::DaemonCredentials> Doors::credentials() const {
  auto load = [&options = options_] { return daemon_credentials(options); };
  co_return co_await disk_.run(std::move(load), "the disk of the certificates");
}

link::DaemonCredentials daemon_credentials(const Options& options) {
  using Clients = secure::DaemonFiles::Clients;
  const Clients clients = options.tls_auth == TlsAuth::sasl ? Clients::may_lack_certificate : Clients::need_certificate;
  return link::daemon_credentials(places_of(options), {.clients = clients, .allowed = options.tls_allowed},
                                  link::today());
}

}  // namespace sluice::daemon
