#pragma once
// Link: a session driven over a transport, where the two halves meet. Two loops and a clock: the reader puts bodies
// straight into the chunks of their stream and never awaits a consumer; the writer asks the session what to send when
// the socket can take it.
//
//   Link link(executor, std::move(transport), session::Session(side, options), clock);
//   co_await link.run(responder);                        // until the connection is over; all tasks and streams are
//   over then too
//
//   client:  Buffer reply = co_await link.call(Remote::number, DomainCreate::proc, xdr::encode(create));
//            auto stream = co_await link.open(Extension::number, DomainSaveStream::proc, xdr::encode(save), {});
//            co_await pump(stream->in(), file);  co_await stream->finish();
//   daemon:  a Responder answers calls; each call runs as a task of the link's scope.
//
// Everything belongs to the executor given (one thread or strand). Memory is bounded by the windows, or by the brake
// toward peers without them.

#include <functional>
#include <memory>

#include "io/clock.h"
#include "io/scope.h"
#include "io/stream.h"
#include "io/transport.h"
#include "remote/extension.h"
#include "session/session.h"

namespace sluice::link {

using io::Task;
using remote::CallId;
using remote::Proc;

// What a handler knows of its stream, for people to see.
struct About {
  std::string object;                                       // the machine, or POOL/VOLUME
  remote::StreamWait behind = remote::StreamWait::nothing;  // what the handler moves bytes to and from
  std::uint64_t total = 0;                                  // bytes there will be; 0: unknown
};

// A stream at this moment. The words are those of remote::StreamInfo.
struct Figures {
  About about;
  remote::StreamPhase phase = remote::StreamPhase::over;
  remote::StreamWait waits = remote::StreamWait::nothing;
  std::uint64_t in = 0, out = 0, rate = 0, limit = 0, window = 0, held = 0, copied = 0;
  std::uint32_t weight = 0;  // 0: it is over
};

// How a call ended, with its stream if it opened one.
enum class Outcome : std::uint8_t {
  well,
  failed,     // the client was told why
  given_up,   // by the client, or it broke the rules of its stream
  cancelled,  // by somebody else
  lost        // with its connection
};
struct Ending {
  Outcome outcome = Outcome::well;
  Code code = Code::ok;  // what the client was told
};

// A call that arrived, in the hands of its handler.
class Incoming {
 public:
  virtual ~Incoming() = default;
  virtual const Proc& proc() const = 0;
  virtual const CallId& id() const = 0;
  virtual Bytes args() const = 0;  // until accept
  // Streaming calls, once: sends the reply (reply first) and opens the stream. Before it a failure is an error reply,
  // after it an abort.
  virtual void accept(Buffer reply) = 0;
  virtual bool accepted() const = 0;
  virtual bool takes_spliced() const = 0;  // what sink() will say: also before it is there
  virtual io::Source& source() = 0;        // up, both: what the client sends; its end is the client's finish
  virtual io::Sink& sink() = 0;            // down, both: finish sends the end and completes with the client's OK

  // Of streaming calls, for whoever watches and steers them; on the link's executor until what was kept is dropped.
  virtual void describe(About about) = 0;
  virtual void keep(std::shared_ptr<void> until_over) = 0;  // dropped when the client heard how the stream ended
  virtual Figures figures() const = 0;
  virtual std::uint64_t limit(std::uint64_t bytes_per_second) = 0;  // each direction; 0: none. Gives what will hold
  // As session::Session::weigh. False: nobody heeds it.
  virtual bool weigh(std::uint32_t weight) = 0;
  // The client hears `why` at once and the handler is cancelled. If all an upload brings is there, the handler may be
  // done all the same: then the client hears that. False: too late, the stream is ending already.
  virtual bool cancel(Error why) = 0;
};

// Who answers the calls of a link. Returns the reply (or, of an accepted stream, the result); throws Failure. When the
// call's stream is aborted or the connection is lost the task is cancelled. A download whose handler returns without
// finish is finished by the link; an upload whose handler returns before the client finished fails with
// Code::operation_failed.
struct Responder {
  virtual ~Responder() = default;
  virtual Task<Buffer> respond(Incoming& call) = 0;
  // After respond, whatever became of it. The call's figures are what they were in the end; then it is gone.
  virtual void over(const Incoming& call, const Ending& how) {
    static_cast<void>(call);
    static_cast<void>(how);
  }
  // Asked after each answer: the peer will not call again, or is not to. The link then ends when all was sent.
  virtual bool has_enough() const { return false; }
};

// The client's end of a stream. Destroying it while open aborts it.
class Outgoing {
 public:
  virtual ~Outgoing() = default;
  virtual Task<> opened() = 0;       // the reply came (reply last: at once); throws the daemon's reason
  virtual bool settled() const = 0;  // the daemon has answered, or is known to answer in the end (reply last)
  virtual bool failed() const = 0;   // until_failed would not, or it was aborted
  // Called on the link's executor when that has changed and when the stream has failed or was aborted: for who waits
  // for other things meanwhile.
  virtual void when_changed(std::function<void()> told) = 0;
  virtual Bytes reply() const = 0;             // what accept sent (empty with reply last)
  virtual io::Source& in() = 0;                // down, both
  virtual io::Sink& out() = 0;                 // up, both: its finish is the stream's finish
  virtual Task<Buffer> finish() = 0;           // STREAM/OK and its answer: the result. Throws the daemon's reason
  virtual void abort(Error why) noexcept = 0;  // STREAM/ERROR; returns at once
  virtual Task<> aborted() = 0;                // after abort: the daemon has confirmed it, the next transfer can begin
  virtual Task<> until_failed() = 0;           // throws why, if it ever does; for who neither reads nor writes
  virtual std::uint64_t limit(std::uint64_t bytes_per_second) = 0;  // as Incoming's, at this end
  virtual bool weigh(std::uint32_t weight) = 0;                     // as Incoming's
};

struct OpenOptions {
  bool reply_last = false;   // if the peer can; else reply first is used
  bool reads_later = false;  // it gets a window when its `in` is first read, and holds nothing before
};

class Link {
 public:
  Link(io::Executor executor, std::unique_ptr<io::Transport> transport, session::Session session, io::Clock& clock);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Runs the connection until the peer ends it, close() is called or the protocol is broken; returns why. `responder`
  // may be null (a client).
  Task<Error> run(Responder* responder);
  void close(Error why);  // ends run; from the link's executor
  bool over() const;      // the connection is lost or closed: what fails now fails for that reason

  Task<> hello();  // client: asks whether the peer is a Sluice; never fails for a peer that is not
  bool extended() const;
  bool weights_possible() const;  // the peer knows them
  Task<Buffer> call(std::uint32_t program, const Proc& proc, Buffer args);
  std::unique_ptr<Outgoing> begin(std::uint32_t program, const Proc& proc, Buffer args, OpenOptions options);
  // The same, and waits until it is open.
  Task<std::unique_ptr<Outgoing>> open(std::uint32_t program, const Proc& proc, Buffer args, OpenOptions options);
  void notify(std::uint32_t program, const Proc& proc, Buffer fields);
  bool braked() const;                 // the peer is not read from now: it knows no windows
  std::size_t streams() const;         // that are open
  std::size_t control_queued() const;  // bytes of replies and events that the peer has not taken
  void on_event(std::function<void(const session::Notified&)> told);  // client: EVENTs of the peer

  io::Identity peer() const;
  const io::Executor& executor() const;
  const session::Counters& counters() const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace sluice::link
