#pragma once
// The inside of a Session, shared by the files that implement it: session_receive.cpp (what arrives), session_calls.cpp
// (calls and their answers), session_streams.cpp (streams step by their tables), session_data.cpp (data, holes,
// windows, the brake), session_send.cpp (what leaves), session_rates.cpp (how fast, and whose turn it is),
// session_hello.cpp (the extension), session_time.cpp and session_end.cpp.

#include <deque>
#include <map>
#include <set>

#include "remote/extension.h"
#include "session/brake.h"
#include "session/control_queue.h"
#include "session/keepalive.h"
#include "session/opening_state.h"
#include "session/round_trip.h"
#include "session/session.h"
#include "session/stream.h"
#include "session/turns.h"
#include "wire/frame_reader.h"

namespace sluice::session {

// What comes with an input of a stream: fields of a reply or a result, or why.
struct Said {
  Buffer fields{};
  Error why{};
};

struct Session::Inside {
  Inside(Side side, const Options& options);

  // session_receive.cpp
  std::size_t receive(Bytes bytes);
  void frame_arrived(wire::Frame frame);
  void event_arrived(const wire::Header& header, Buffer fields);
  void stream_arrived(const wire::Header& header, Buffer payload);
  std::optional<Body> body() const;
  void received(std::uint32_t count);
  const ProgramInfo* find_program(std::uint32_t number, std::uint32_t version) const;

  // session_calls.cpp
  CallId call(std::uint32_t program, const Proc& proc, Buffer args, CallOptions how);
  void call_arrived(const wire::Header& header, Buffer args);
  std::optional<Error> misfit(const wire::Header& header, const Proc* proc) const;
  void reply_arrived(const wire::Header& header, Buffer payload);
  void answer(Call& call, Result<Buffer> outcome);  // daemon: the one reply
  void refuse(const wire::Header& header, const Error& why);
  void stopped_waiting(Call& call);
  void stopped_counting_reply_last(Call& call);
  void opening_answered(const Call& call, bool well, Bytes fields);
  Call& new_call(const CallId& id, const Proc& proc, std::size_t args);
  Call* find(const CallId& id);
  const Call* find(const CallId& id) const;
  void forget_if_over(Call& call);

  // session_streams.cpp
  std::optional<StreamAction> take(Call& call, StreamInput on, Said said = {});
  StreamAction local(Call& call, StreamInput on, Said said = {});
  void perform(Call& call, StreamAction action, Said said);
  void open_stream(Call& call, Bytes args, CallOptions how);
  void handler_done(Call& call, Buffer result);
  void handler_failed(Call& call, const Error& why);
  void send_stream(const Call& call, wire::Status status, Buffer payload);
  void send_stream_error(const Call& call, const Error& why);

  // session_data.cpp
  void data_arrived(const wire::Header& header, std::uint32_t length);
  void hole_arrived(const wire::Header& header, const Buffer& payload);
  bool arrives(Call& call, std::uint32_t cost, std::uint64_t length);  // whether somebody wants it
  void misused(Call& call, std::string what);
  void hold_brake(const Call& call);
  void taken(const CallId& id, std::uint64_t cost);
  void reads(Call& call);
  std::uint64_t window_floor() const;
  void open_window(const Call& call, Stream& stream);
  void tell_window(Call& call);
  void ping();
  void window_arrived(Bytes fields);

  // session_send.cpp
  void push(const wire::Header& header, Bytes payload);
  void enqueue(Call& call, Item item);
  void forget_queue(Call& call);
  bool can_send(const Stream& stream) const;
  void take_turn(Call& call);                    // it waits for its turn if it can send, or for its limit
  bool fits_window(const Stream& stream) const;  // what is first in its queue, if there is something
  Out next_frame(Call& call, std::uint32_t max_body);
  std::optional<Out> compose(std::uint32_t max_body);
  wire::Header header_of(const Call& call, wire::Kind kind, wire::Status status) const;

  // session_rates.cpp
  std::uint64_t limit(const CallId& id, std::uint64_t bytes_per_second, Instant at);
  void pace(Instant at);
  std::optional<Instant> paced_until() const;
  bool waits_for_rate(const Stream& stream) const;
  bool weigh(const CallId& id, std::uint32_t weight);
  void weight_arrived(Bytes fields);
  Standing standing(const CallId& id) const;

  // session_hello.cpp
  void hello();
  void hello_arrived(const wire::Header& header, Bytes args);
  void hello_answered(const Result<Buffer>& outcome);
  Buffer own_hello() const;
  void become_extended(const remote::HelloFields& theirs);
  bool has_feature(std::uint64_t bit) const { return extended && (features & bit) != 0; }

  // session_time.cpp
  std::optional<Instant> deadline() const;
  void tick(Instant at);
  void confirm_overdue_aborts();

  // session_end.cpp
  void violation(std::string what);
  void end(const Error& why);
  void tell(Event event);

  Side side;
  Options options;
  wire::FrameReader reader;
  std::deque<Event> events;
  Budget budget;  // of the windows of these:
  std::map<CallId, Call> calls;
  std::uint32_t next_serial = 0;
  std::size_t waiting = 0;    // calls that somebody waits for
  std::size_t streams = 0;    // not closed
  std::size_t args_held = 0;  // bytes of arguments of calls that are being handled
  Instant now{};              // when something was told or asked last
  RoundTrip round_trip;
  std::uint64_t near_window_max = UINT64_MAX;
  ControlQueue control;
  Turns turns;
  std::set<CallId> limited;                             // streams that are not closed
  std::set<std::pair<Instant, CallId>> waits_for_time;  // those that waited for their limit, and until when
  std::set<std::pair<Instant, CallId>> stopping;        // daemon: those that are aborting, and since when that is known
  Brake brake;
  Keepalive keepalive;
  OpeningState opening;
  std::uint32_t early_calls = 0;      // before authentication is complete
  std::optional<CallId> body_stream;  // whose body arrives; nobody's: it is dropped
  bool extended = false;
  bool hello_pending = false;
  std::uint64_t features = 0;  // of both ends
  std::uint32_t peer_body_max = limits::body_legacy_max;
  std::uint32_t peer_early_window = 0;
  std::optional<Error> broken;
  Counters counters;
};

}  // namespace sluice::session
