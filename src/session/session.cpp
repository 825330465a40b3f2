#include "session/session.h"

#include <algorithm>

#include "base/assert.h"
#include "remote/remote.h"
#include "session/session_inside.h"

namespace sluice::session {
namespace {

// A service without the remote program has nothing that could be opened.
OpeningState first_state(Side side, const Options& options) {
  const bool opens =
      std::ranges::find(options.programs, remote::Remote::number, &ProgramInfo::number) != options.programs.end();
  if (side == Side::daemon && options.authentication) return OpeningState::fresh;
  return opens ? OpeningState::authenticated : OpeningState::open;
}

}  // namespace

Session::Inside::Inside(Side which, const Options& given)
    : side(which),
      options(given),
      budget(given.budget),
      next_serial(given.first_serial),
      keepalive(given.ping_interval, given.ping_count),
      opening(first_state(which, given)) {
  ensure(options.window >= window_min, "a window has room for two holes");
  if (side == Side::daemon && opening != OpeningState::open) reader.limit_control(limits::message_unauthenticated_max);
  if (side == Side::client && opening == OpeningState::open) keepalive.enable();
}

Session::Session(Side side, const Options& options) : inside_(std::make_unique<Inside>(side, options)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

std::size_t Session::receive(Bytes bytes) { return inside_->receive(bytes); }
std::size_t Session::wanted() const { return inside_->reader.wanted(); }
std::optional<Body> Session::body() const { return inside_->body(); }
void Session::received(std::uint32_t count) { inside_->received(count); }

std::optional<Event> Session::next() {
  if (inside_->events.empty()) return std::nullopt;
  std::optional<Event> event = std::move(inside_->events.front());
  inside_->events.pop_front();
  return event;
}

bool Session::has_events() const { return !inside_->events.empty(); }

std::optional<Out> Session::compose(std::uint32_t max_body) { return inside_->compose(max_body); }
bool Session::wants_to_send() const {
  return !inside_->broken && !(inside_->control.empty() && inside_->turns.empty());
}
std::size_t Session::control_queued() const { return inside_->control.bytes(); }
bool Session::calls_pending() const { return inside_->waiting > 0; }

CallId Session::call(std::uint32_t program, const Proc& proc, Buffer args, CallOptions options) {
  return inside_->call(program, proc, std::move(args), options);
}
void Session::hello() { inside_->hello(); }
void Session::limit_near_windows(std::uint64_t bytes) { inside_->near_window_max = bytes; }
bool Session::extended() const { return inside_->extended; }
bool Session::reply_last_possible() const {
  return inside_->has_feature(static_cast<std::uint64_t>(remote::Feature::reply_last));
}

void Session::reads(const CallId& id) {
  if (Call* call = inside_->find(id)) inside_->reads(*call);
}

void Session::finish(const CallId& id) {
  Call* call = inside_->find(id);
  if (call == nullptr || !call->stream) return;
  inside_->reads(*call);  // what it did not read is dropped, and its sender must not wait for that
  if (inside_->local(*call, StreamInput::do_finish) == StreamAction::queue) {
    inside_->enqueue(*call, {Item::What::finish});
  }
}

void Session::abort(const CallId& id, const Error& why) {
  Call* call = inside_->find(id);
  if (call == nullptr || !call->stream) return;
  // libvirtd answers the finish and drops what follows, so the outcome is the finish's.
  if (call->stream->state == StreamState::finishing && !inside_->extended) return;
  inside_->local(*call, StreamInput::do_abort, {.why = why});
}

void Session::reply(const CallId& id, Buffer fields) {
  Call* call = inside_->find(id);
  if (call == nullptr) return;
  ensure(!call->stream, "a streaming call is answered by accept");
  call->handler_over = true;
  inside_->answer(*call, std::move(fields));
  inside_->forget_if_over(*call);
}

void Session::accept(const CallId& id, Buffer fields) {
  Call* call = inside_->find(id);
  if (call == nullptr) return;
  ensure(call->stream.has_value(), "only a streaming call is accepted");
  inside_->local(*call, StreamInput::do_accept, {.fields = std::move(fields)});
}

void Session::fail(const CallId& id, const Error& why) {
  if (Call* call = inside_->find(id)) inside_->handler_failed(*call, why);
}

void Session::done(const CallId& id, Buffer result) {
  if (Call* call = inside_->find(id)) inside_->handler_done(*call, std::move(result));
}

void Session::end(const CallId& id) {
  Call* call = inside_->find(id);
  if (call == nullptr) return;
  ensure(call->stream && call->stream->outgoing, "this side sends on the stream that it ends");
  if (inside_->local(*call, StreamInput::do_end) == StreamAction::queue) inside_->enqueue(*call, {Item::What::end});
}

void Session::notify(std::uint32_t program, const Proc& proc, Buffer fields) {
  const auto known = std::ranges::find(inside_->options.programs, program, &ProgramInfo::number);
  const std::uint32_t version = known == inside_->options.programs.end() ? 1 : known->version;
  inside_->push({.program = program,
                 .version = version,
                 .procedure = proc.number,
                 .kind = wire::Kind::event,
                 .serial = program == remote::Remote::number ? 1u : 0u,  // libvirtd's: events carry 1
                 .status = wire::Status::ok},
                fields);
}

void Session::ready(const CallId& id, std::uint64_t bytes) {
  Call* call = inside_->find(id);
  if (call == nullptr || bytes == 0) return;
  ensure(call->stream && call->stream->outgoing, "this side sends on the stream");
  if (inside_->local(*call, StreamInput::do_data) == StreamAction::queue) {
    inside_->enqueue(*call, {Item::What::data, bytes});
  }
}

void Session::hole(const CallId& id, std::uint64_t length) {
  Call* call = inside_->find(id);
  if (call == nullptr || length == 0) return;
  ensure(call->stream && call->stream->outgoing && call->stream->holes, "holes are allowed on the stream");
  ensure(length <= std::uint64_t{INT64_MAX}, "a hole's length is signed on the wire");
  if (inside_->local(*call, StreamInput::do_data) == StreamAction::queue) {
    inside_->enqueue(*call, {Item::What::hole, length});
  }
}

bool Session::holes_allowed(const CallId& id) const {
  const Call* call = inside_->find(id);
  return call != nullptr && call->stream && call->stream->holes;
}

void Session::taken(const CallId& id, std::uint64_t cost) { inside_->taken(id, cost); }

std::uint64_t Session::queued(const CallId& id) const {
  const Call* call = inside_->find(id);
  return call != nullptr && call->stream ? call->stream->queued : 0;
}

bool Session::wants(const CallId& id) const {
  const Call* call = inside_->find(id);
  if (call == nullptr || !call->stream || inside_->broken) return true;  // who sends hears of that another way
  return !call->stream->windowed || call->stream->credit.left() > limits::frame_head + call->stream->queued;
}

bool Session::sending(const CallId& id) const {
  const Call* call = inside_->find(id);
  if (call == nullptr || !call->stream || !call->stream->outgoing || inside_->broken) return false;
  const StreamRow* row = step(call->stream->kind, call->stream->state, StreamInput::do_data);
  return row != nullptr && row->action == StreamAction::queue;
}

bool Session::braked() const { return inside_->brake.on(); }
bool Session::open() const { return inside_->opening == OpeningState::open && !inside_->broken; }
std::uint64_t Session::limit(const CallId& id, std::uint64_t bytes_per_second, Instant now) {
  return inside_->limit(id, bytes_per_second, now);
}
bool Session::weigh(const CallId& id, std::uint32_t weight) { return inside_->weigh(id, weight); }
bool Session::weights_possible() const {
  return inside_->has_feature(static_cast<std::uint64_t>(remote::Feature::weights));
}
bool Session::limits() const { return !inside_->limited.empty(); }
Standing Session::standing(const CallId& id) const { return inside_->standing(id); }
std::optional<Instant> Session::deadline() const { return inside_->deadline(); }
void Session::at(Instant now) { inside_->pace(now); }
void Session::tick(Instant now) { inside_->tick(now); }
void Session::lost(const Error& why) { inside_->end(why); }
std::size_t Session::streams() const { return inside_->streams; }
const Counters& Session::counters() const { return inside_->counters; }

std::string Session::describe() const {
  std::string text = inside_->side == Side::client ? "client, " : "daemon, ";
  text += inside_->broken ? "broken" : std::string(name(inside_->opening));
  text += inside_->extended ? ", extended" : "";
  text += ", keepalive " + std::string(name(inside_->keepalive.state()));
  text += inside_->brake.on() ? ", braked" : "";
  constexpr std::size_t shown_max = 16;  // a line of a log
  std::size_t shown = 0;
  for (const auto& [id, call] : inside_->calls) {
    if (++shown > shown_max) return text + ", and " + std::to_string(inside_->calls.size() - shown_max) + " more";
    text +=
        ", " + std::string(call.proc->name) + " #" + std::to_string(id.serial) + " " + std::string(name(call.state));
    if (call.stream) text += " stream " + std::string(name(call.stream->state));
  }
  return text;
}

}  // namespace sluice::session
