#include "service/connection.h"

#include "base/assert.h"
#include "remote/remote.h"

namespace sluice::service {
namespace {

std::string_view name_of(remote::Role role) {
  switch (role) {
    case remote::Role::none: return "none";
    case remote::Role::monitor: return "monitor";
    case remote::Role::operate: return "operate";
    case remote::Role::admin: return "admin";
  }
  return "unknown";
}

}  // namespace

Connection::Connection(ConnectionOptions options, io::Clock& clock)
    : options_(std::move(options)), clock_(clock), connect_handlers_(client_, options_.default_uri) {
  client_.granted = options_.role;
  groups_.push_back(connect_handlers_.group());
}

Connection::~Connection() { ensure(link_ == nullptr, "a connection is over before it dies"); }

Task<Error> Connection::serve(std::unique_ptr<io::Transport> transport) {
  executor_ = co_await asio::this_coro::executor;
  client_.identity = transport->peer();
  programs_.insert(programs_.begin(), serve_groups(remote::Remote::info(), groups_));
  for (const ServedProgram& program : programs_) infos_.push_back(program.info);

  session::Session session(session::Side::daemon, {.programs = infos_,
                                                   .software = options_.software,
                                                   .process_budget = options_.budget,
                                                   .ping_interval = options_.ping_interval});
  link::Link link(executor_, std::move(transport), std::move(session), clock_);
  link_ = &link;
  std::exception_ptr failed;
  Error why;
  try {
    why = co_await link.run(this);
  } catch (...) {
    failed = std::current_exception();
  }
  link_ = nullptr;
  if (failed) std::rethrow_exception(failed);
  co_return why;
}

void Connection::notify(std::uint32_t program, const remote::Proc& proc, Buffer fields) {
  if (link_ != nullptr) link_->notify(program, proc, std::move(fields));
}

Task<Buffer> Connection::respond(link::Incoming& call) {
  let_pass(call.proc());
  const auto program =
      std::ranges::find(programs_, call.program(), [](const ServedProgram& p) { return p.info.number; });
  ensure(program != programs_.end(), "the session lets only known programs in");
  return program->answer(call);
}

// The one place where it is decided who may do what.
void Connection::let_pass(const remote::Proc& proc) const {
  if (client_.may(proc.role)) return;
  if (!client_.uri) io::fail(Code::internal_error, "hypervisor connection not open", ErrorDomain::rpc);
  io::fail(Code::operation_denied, "'" + std::string(proc.name) + "' needs the role '" +
                                       std::string(name_of(proc.role)) + "', this connection has '" +
                                       std::string(name_of(client_.role)) + "'");
}

}  // namespace sluice::service
