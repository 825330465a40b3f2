#include "service/connection.h"

#include "base/assert.h"
#include "base/limits.h"
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
  if (!options_.role_of) client_.granted = options_.role;
  groups_.push_back(connect_handlers_.group());
  groups_.push_back(auth_handlers_.group());
}

Connection::~Connection() { ensure(link_ == nullptr, "a connection is over before it dies"); }

Task<Error> Connection::serve(std::unique_ptr<io::Transport> transport) {
  executor_ = co_await asio::this_coro::executor;
  client_.identity = transport->peer();
  std::unique_ptr<Login> login = options_.login ? options_.login(client_.identity) : nullptr;
  const bool asked = login != nullptr;
  if (asked) {
    auth_handlers_.ask(std::move(login), [this] { become_known(); });
  } else {
    become_known();
  }
  programs_.insert(programs_.begin(), serve_groups(remote::Remote::info(), groups_));
  for (const ServedProgram& program : programs_) infos_.push_back(program.info);

  session::Session session(session::Side::daemon, {.programs = infos_,
                                                   .software = options_.software,
                                                   .authentication = asked,
                                                   .process_budget = options_.budget,
                                                   .ping_interval = options_.ping_interval});
  link::Link link(executor_, std::move(transport), std::move(session), clock_);
  link_ = &link;
  std::optional<Census::Seat> seat;
  if (options_.census != nullptr) {
    const Counted& self = *this;
    seat.emplace(*options_.census, executor_, self);
  }
  std::exception_ptr failed;
  Error why;
  try {
    auto living = [&](io::Scope& tasks) -> Task<> {
      tasks_ = &tasks;
      why = co_await link.run(this);
    };
    co_await io::scoped(living);
  } catch (...) {
    failed = std::current_exception();
  }
  tasks_ = nullptr;
  seat.reset();
  link_ = nullptr;
  if (failed) std::rethrow_exception(failed);
  co_return why;
}

void Connection::become_known() {
  if (options_.role_of) client_.granted = options_.role_of(client_.identity);
  if (options_.streams != nullptr) {
    stream_user_ = std::make_shared<const StreamUser>(options_.streams->new_user(client_.identity));
  }
  if (options_.known && client_.granted != remote::Role::none) options_.known();
}

bool Connection::behind() const { return link_ != nullptr && link_->control_queued() > 0; }

void Connection::notify(std::uint32_t program, const remote::Proc& proc, Buffer fields) {
  if (link_ != nullptr) link_->notify(program, proc, std::move(fields));
}

void Connection::spawn(Task<> task) {
  ensure(tasks_ != nullptr, "a connection has tasks while it serves");
  tasks_->spawn(std::move(task));
}

Task<Buffer> Connection::respond(link::Incoming& call) {
  tally_.begins(call);
  let_pass(call.proc());
  refuse_crowd(call.proc());
  const bool listed = options_.streams != nullptr && call.proc().stream != remote::Streaming::none;
  if (listed) options_.streams->enter(call, stream_user_, executor_);
  const auto program =
      std::ranges::find(programs_, call.id().program, [](const ServedProgram& p) { return p.info.number; });
  ensure(program != programs_.end(), "the session lets only known programs in");
  return program->answer(call);
}

// What is on its way to a disk, or to a guest, takes memory of its own for each stream.
void Connection::refuse_crowd(const remote::Proc& proc) const {
  const bool comes = proc.stream == remote::Streaming::up || proc.stream == remote::Streaming::both;
  if (!comes || link_->streams() <= limits::crowd) return;
  io::fail(Code::operation_failed, "too many streams: only downloads may follow the first " +
                                       std::to_string(limits::crowd) + " of a connection");
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
