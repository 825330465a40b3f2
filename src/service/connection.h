#pragma once
// One connection of a client: the programs it serves, and the gate that every call passes. This file knows nothing
// about machines: the daemon, the in-process test host and users' own services are made of it.
//
//   Connection connection({.role = Role::admin}, clock);
//   connection.add(words);                                     // ServedProgram; any number
//   Error why = co_await connection.serve(std::move(transport));
//
// Opening and closing, features, authentication and keepalive are there already.

#include <memory>
#include <vector>

#include "service/auth_handlers.h"
#include "service/census.h"
#include "service/client.h"
#include "service/connect_handlers.h"
#include "service/served_program.h"
#include "service/streams.h"
#include "service/tally.h"

namespace sluice::service {

struct ConnectionOptions {
  remote::Role role = remote::Role::admin;                        // of every client
  std::function<remote::Role(const io::Identity&)> role_of = {};  // or by who he is, when that is known
  std::string default_uri = "sluice:///";                         // for a client that opens without one
  std::string software = "Sluice";                                // told to clients, for their logs
  Duration ping_interval = std::chrono::seconds(5);
  Budget* budget = nullptr;          // of the windows of all connections; outlives this one
  Streams* streams = nullptr;        // where its streams are listed, if they are
  Census* census = nullptr;          // where it is counted, if it is
  NewLogin login = {};               // for clients who must show who they are
  std::function<void()> known = {};  // called when the client is one who may do something: no more than once
};

class Connection final : private link::Responder, private Counted {
 public:
  Connection(ConnectionOptions options, io::Clock& clock);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  // Before serve. Groups of the remote program beside those that are there; other programs.
  void add(Group remote_group) { groups_.push_back(remote_group); }
  void add(ServedProgram program) { programs_.push_back(std::move(program)); }

  // On the executor of the transport, once: until the connection is over and every handler has ended. Says why.
  Task<Error> serve(std::unique_ptr<io::Transport> transport);

  Client& client() { return client_; }
  // Sends an event; on the executor of the connection, and nothing happens when it does not live.
  void notify(std::uint32_t program, const remote::Proc& proc, Buffer fields);
  bool behind() const;  // the client has not taken what it was told already: news can wait
  const io::Executor& executor() const { return executor_; }
  // While it serves: a task that is cancelled when the connection is over.
  void spawn(Task<> task);
  const StreamUser& stream_user() const { return *stream_user_; }

 private:
  Task<Buffer> respond(link::Incoming& call) override;
  void over(const link::Incoming& call, const link::Ending& how) override { tally_.over(call, how); }
  Count count() const override { return tally_.count(client_.identity.transport, *link_); }
  bool has_enough() const override { return client_.said_goodbye || client_.refused; }
  void become_known();
  void let_pass(const remote::Proc& proc) const;
  void refuse_crowd(const remote::Proc& proc) const;

  ConnectionOptions options_;
  io::Clock& clock_;
  Client client_;
  ConnectHandlers connect_handlers_;
  AuthHandlers auth_handlers_{client_};
  std::vector<Group> groups_;
  std::vector<ServedProgram> programs_;
  std::vector<remote::ProgramInfo> infos_;
  io::Executor executor_;
  std::shared_ptr<const StreamUser> stream_user_ = std::make_shared<StreamUser>();
  Tally tally_;
  link::Link* link_ = nullptr;  // while it serves
  io::Scope* tasks_ = nullptr;  // likewise
};

}  // namespace sluice::service
