#pragma once
// Session: the whole protocol of one connection as one pure object. Bytes and time go in, events and bytes come out; it
// never does I/O.
//
//   client                                                     daemon
//   auto id = session.call(program, proc, args, {});           while (auto event = session.next())
//   while (auto out = session.compose(max)) send(*out);          if (auto* c = std::get_if<CallArrived>(&*event)) ...
//   session.reply(c->id, bytes);
//
//   received bytes:  n = session.receive(bytes);   // control; stops before the body of a stream frame and says how
//   many it took
//                    if (auto body = session.body()) put the next `left` bytes into that stream's chunk, then
//                    session.received(n);
//
// Bodies by-pass it (it counts them only). What to send is chosen late: control before bulk, then the streams in turn
// and by weight, each within its peer's window. A mistake of the peer is answered, dropped, or ends the connection
// (Broken) as docs/states and the wire facts say; a mistake of the caller is an assertion. Life of a stream:
// stream_state.h; opening, keepalive and calls have tables of their own.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "base/budget.h"
#include "base/bytes.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/result.h"
#include "remote/extension.h"
#include "remote/proc.h"
#include "session/standing.h"

namespace sluice::session {

using remote::CallId;
using remote::Proc;
using remote::ProgramInfo;

enum class Side : std::uint8_t { client, daemon };

struct Options {
  std::span<const ProgramInfo> programs;  // that this side knows; must outlive the session. Keepalive is always known
  std::string software = "Sluice";        // told in hello
  bool extension = true;                  // offer (client) or answer (daemon) hello
  std::uint64_t features = remote::features_known;   // bits of the extension's, that hello tells
  bool authentication = false;                       // daemon: nothing but authentication passes before it is complete
  std::uint64_t window = limits::window;             // credit given to a stream of a Sluice peer at first
  std::uint64_t window_max = limits::window_max;     // to which it may grow
  std::uint64_t budget = limits::connection_budget;  // of all windows of the connection beyond `window_floor` each
  Budget* process_budget = nullptr;                  // the same of all connections; outlives the session
  std::uint32_t early_window = limits::early_window;
  std::uint32_t streams_max = limits::streams_max;
  std::uint32_t first_serial = 0;                    // of the client's calls
  Duration ping_interval = std::chrono::seconds(5);  // zero: no pings of our own
  std::uint32_t ping_count = 5;                      // unanswered pings until the connection is given up
};

// --- events ---------------------------------------------------------------------------------------------------------
struct CallArrived {  // daemon: answer with reply or fail; a streaming one with accept or fail, then done or fail
  CallId id;
  const Proc* proc;
  Buffer args;
  bool reply_last = false;
};
struct ReplyArrived {  // client: of a call; a streaming one is open now if it went well. Reply last: the outcome of the
                       // whole stream
  CallId id;
  Result<Buffer> outcome;
};
struct Notified {  // an EVENT of the peer
  std::uint32_t program;
  std::int32_t procedure;
  Buffer fields;
};
struct StreamHole {
  CallId id;
  std::uint64_t length;
};
struct StreamEnded {  // client: the daemon sent all it had (download, console)
  CallId id;
};
struct StreamFinished {  // daemon: the client finished: all was sent (upload), or it wants no more (download, console)
  CallId id;
};
struct StreamConfirmed {  // client: our finish or abort was answered; the stream is closed. `result` as procedures of
                          // ours declare it
  CallId id;
  Buffer result;
  bool aborted = false;  // it answers an abort
};
struct StreamFailed {  // the peer gave up (daemon: stop the handler, then done or fail), or broke its window; client:
                       // the stream is closed
  CallId id;
  Error why;
};
struct WindowOpened {  // more may be sent
  CallId id;
};
struct HelloAnswered {
  bool extended;  // the peer is a Sluice: windows, reply last, results
};
struct Broken {  // the connection is of no use any more: close it. Every call and stream has failed with `why`
  Error why;
};
using Event = std::variant<CallArrived, ReplyArrived, Notified, StreamHole, StreamEnded, StreamFinished,
                           StreamConfirmed, StreamFailed, WindowOpened, HelloAnswered, Broken>;

// --- what passes by
// ---------------------------------------------------------------------------------------------------
struct Body {  // of a stream frame that is arriving
  CallId id;
  std::uint32_t left;
  bool drop;  // nobody wants it: read and forget
};
struct Out {  // a frame to send: `head`, then `body` bytes from the front of that stream's queue
  Buffer head;
  std::optional<CallId> stream;
  std::uint32_t body = 0;
};

struct Counters {
  std::uint64_t frames_in = 0, frames_out = 0, body_bytes_in = 0, body_bytes_out = 0, dropped_bytes = 0, violations = 0;
  std::uint64_t refused_calls = 0;  // that never came to a handler: not known, not now, too many
  std::uint64_t window_stalls = 0;  // how often a stream had something to send and its peer's window was shut
  bool operator==(const Counters&) const = default;
};

class Session {
 public:
  Session(Side side, const Options& options);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  // Bytes from the peer.
  // Who feeds no more than this at once never feeds bytes of a body.
  std::size_t wanted() const;
  std::size_t receive(Bytes bytes);  // how many it took; fewer than given: body() is set, or the session is broken
  std::optional<Body> body() const;
  void received(std::uint32_t count);  // so many bytes of body() went where they belong, in any split
  std::optional<Event> next();
  bool has_events() const;  // next would give one: also what was asked for may break a session

  // Bytes to the peer. `max_body` bounds a data frame; nothing: all is sent, or waits for a window.
  std::optional<Out> compose(std::uint32_t max_body);
  bool wants_to_send() const;  // compose would give something
  bool calls_pending() const;  // somebody waits for a reply on this connection: keep data frames short

  // Client.
  struct CallOptions {
    bool reply_last = false;   // only with a Sluice peer that has the feature, for procedures of direction up
    bool reads_later = false;  // of directions down and both: no window before `reads`
  };
  CallId call(std::uint32_t program, const Proc& proc, Buffer args, CallOptions options);
  void hello();           // once, before streams; HelloAnswered tells
  bool extended() const;  // the peer is a Sluice
  bool reply_last_possible() const;
  void reads(const CallId& id);                    // its consumer begins to: the stream has a window from now on
  void finish(const CallId& id);                   // after its queued data: STREAM/OK
  void abort(const CallId& id, const Error& why);  // what is queued is dropped; also while the reply is awaited

  // Daemon.
  void reply(const CallId& id, Buffer fields);    // of a call without a stream
  void accept(const CallId& id, Buffer fields);   // the reply of a streaming call; reply last: nothing is sent yet
  void fail(const CallId& id, const Error& why);  // error reply, or abort of an accepted stream
  void done(const CallId& id,
            Buffer result);    // the handler is over and well: the confirmation, when the client finished or aborted
  void end(const CallId& id);  // after its queued data: the empty CONTINUE, once
  void notify(std::uint32_t program, const Proc& proc, Buffer fields);  // an EVENT
  std::size_t control_queued() const;  // bytes of replies and events that have not left

  // Both.
  // Bodies of this connection may stay in pipes, and what these cannot hold is copied: windows grow beyond `bytes` only
  // where the way is long enough to need it.
  void limit_near_windows(std::uint64_t bytes);
  void at(Instant now);  // the time, for what is told or asked next; streams with limits may be due
  void ready(const CallId& id, std::uint64_t bytes);  // so many more wait in that stream's queue
  void hole(const CallId& id, std::uint64_t length);  // in order with the data. Only if holes_allowed
  bool holes_allowed(const CallId& id) const;
  void taken(const CallId& id, std::uint64_t cost);  // its consumer took pieces of this cost: window or brake
  std::uint64_t queued(const CallId& id) const;      // bytes announced with ready and not yet composed
  bool wants(const CallId& id) const;                // its peer's window has room for more than these
  bool sending(const CallId& id) const;  // the stream takes data from this side: open, and neither finished nor aborted
  bool braked() const;                   // toward peers without windows: do not read the socket now
  bool open() const;                     // connect_open was answered well
  // Data leave no faster than so many bytes per second; 0: any number. Gives what holds from now on.
  std::uint64_t limit(const CallId& id, std::uint64_t bytes_per_second, Instant now);
  // The stream's share, among those of this connection that have something to send, is so many (1 to 1000) of the sum
  // of theirs; 100 from its opening. The peer is told if it knows weights. False: nobody heeds it, because the stream
  // is over, or its sender is a peer that does not know them.
  bool weigh(const CallId& id, std::uint32_t weight);
  bool weights_possible() const;  // the peer knows them
  bool limits() const;            // some stream has a limit: `at` wants to be called before compose
  Standing standing(const CallId& id) const;
  std::optional<Instant> deadline() const;  // when tick wants to be called
  void tick(Instant now);
  void lost(const Error& why);  // the transport ended: calls and streams fail with `why`, then Broken

  std::size_t streams() const;
  const Counters& counters() const;
  std::string describe() const;  // state names of all machines, for log lines

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace sluice::session
