#pragma once
// Core: what the loops and the conversations of one link share: the session, the table of conversations, and the
// signals that wake the loops after something changed.
//
//   core.session().finish(id);  core.touched();

#include <map>
#include <optional>

#include "io/clock.h"
#include "io/signal.h"
#include "link/conversation.h"
#include "session/session.h"

namespace sluice::link {

class Core {
 public:
  Core(io::Executor executor, session::Session session, io::Clock& clock);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core();

  const io::Executor& executor() const { return executor_; }
  session::Session& session() { return session_; }
  const session::Session& session() const { return session_; }
  Instant now() const { return clock_.now(); }
  io::Clock& clock() { return clock_; }

  void taken(const CallId& id, std::size_t cost);  // a stream's consumer took so much
  void touched();                                  // the session was told something: loops look again
  void end(Error why);  // the connection is over: every conversation is lost. The first reason stays
  bool over() const { return over_.has_value(); }
  const Error& why() const { return *over_; }
  void leave_when_sent();  // ends the connection in good order after everything was sent
  bool leaving() const { return leaving_; }
  void can_splice() { splices_ = true; }  // the transport can
  bool splices() const { return splices_; }

  void enter(const CallId& id, Conversation& conversation);
  void forget(const CallId& id);
  Conversation* find(const CallId& id) const;
  bool has_streams() const { return !conversations_.empty(); }  // or calls that wait

  io::Signal readable, writable, due, ended;  // each waited for by one loop
  std::optional<Instant> waits_until;         // the loop that waits for `due` sleeps until then

 private:
  io::Executor executor_;
  session::Session session_;
  io::Clock& clock_;
  std::map<CallId, Conversation*> conversations_;
  std::optional<Error> over_;
  bool leaving_ = false, splices_ = false;
};

}  // namespace sluice::link
