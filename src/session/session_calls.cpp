// Calls and their answers, on both sides.

#include "base/assert.h"
#include "remote/connect.h"
#include "remote/error_message.h"
#include "remote/extension.h"
#include "remote/remote.h"
#include "session/session_inside.h"
#include "xdr/codec.h"

namespace sluice::session {
namespace {

OpeningInput opening_input(std::uint32_t program, const Proc& proc) {
  if (program == remote::Remote::number) {
    if (proc.number == remote::AuthList::proc.number) return OpeningInput::call_auth_list;
    if (proc.number >= remote::AuthSaslInit::proc.number && proc.number <= remote::AuthPolkit::proc.number) {
      return OpeningInput::call_auth;
    }
    if (proc.number == remote::ConnectOpen::proc.number) return OpeningInput::call_open;
    if (proc.number == remote::ConnectClose::proc.number) return OpeningInput::call_close;
  }
  return proc.role == remote::Role::none ? OpeningInput::call_free : OpeningInput::call_other;
}

// The first word of an answer: SASL steps and polkit tell with it whether they are complete.
bool says_complete(Bytes fields) { return fields.size() >= 4 && load_big<std::uint32_t>(fields.data()) == 1; }

Error misuse_of_rpc(std::string message) {
  return Error{.code = Code::rpc, .message = std::move(message), .domain = ErrorDomain::rpc};
}

constexpr std::int32_t keepalive_feature = 10;
constexpr std::uint32_t early_calls_max = 32;  // of a stranger, in all: logging in takes a handful

bool asks_for_keepalive(const CallId& id, Bytes args) {
  return id.program == remote::Remote::number && id.procedure == remote::ConnectSupportsFeature::proc.number &&
         args.size() >= 4 && load_big<std::int32_t>(args.data()) == keepalive_feature;
}

}  // namespace

// --- client ---------------------------------------------------------------------------------------------------------

CallId Session::Inside::call(std::uint32_t program, const Proc& proc, Buffer args, CallOptions how) {
  const bool reply_last = how.reply_last;
  ensure(side == Side::client, "the client calls");
  ensure(!reply_last || (has_feature(static_cast<std::uint64_t>(remote::Feature::reply_last)) &&
                         proc.stream == remote::Streaming::up),
         "the reply comes last only for uploads to a peer that can");
  ensure(!hello_pending || proc.stream == remote::Streaming::none, "no stream is opened before hello was answered");
  CallId id{program, proc.number, next_serial++};
  while (calls.contains(id)) id.serial = next_serial++;  // the counter came around
  if (broken) {
    events.push_back(ReplyArrived{.id = id, .outcome = std::unexpected(*broken)});
    return id;
  }
  Call& made = new_call(id, proc, 0);
  for (const ProgramInfo& known : options.programs) {
    if (known.number == program) made.version = known.version;
  }
  if (const auto* row = step(opening_table::rows, opening, opening_input(program, proc))) opening = row->to;
  // The stream exists before the call leaves: libvirtd's data may overtake its reply.
  if (proc.stream != remote::Streaming::none) open_stream(made, args, how);
  stopped_counting_reply_last(made);
  push(header_of(made, wire::Kind::call, reply_last ? wire::Status::more : wire::Status::ok), args);
  if (made.stream) tell_window(made);
  return id;
}

void Session::Inside::reply_arrived(const wire::Header& header, Buffer payload) {
  Call* call = find({header.program, header.procedure, header.serial});
  if (call == nullptr || header.version != call->version) return violation("a reply that nobody asked for arrived");
  if (header.status != wire::Status::ok && header.status != wire::Status::error) {
    return violation("a reply of status " + std::to_string(static_cast<std::int32_t>(header.status)) + " arrived");
  }
  const bool well = header.status == wire::Status::ok;
  const auto* row = step(call_rows, call->state, CallInput::reply);
  if (row == nullptr) {
    // libvirtd refuses an impossible hole by a reply instead of a stream message.
    if (well || !call->stream) return violation("a second reply to a call arrived");
    if (!take(*call, StreamInput::error, {.why = remote::decode_error(payload)})) {
      violation("a second reply to a call arrived");
    }
    return;
  }
  call->state = row->to;
  stopped_waiting(*call);
  opening_answered(*call, well, payload);
  if (row->action == CallAction::swallow) return forget_if_over(*call);
  Result<Buffer> outcome;
  if (well) {
    outcome = std::move(payload);
  } else {
    outcome = std::unexpected(remote::decode_error(payload));
  }
  if (hello_pending && call->proc == &remote::Hello::proc) {
    forget_if_over(*call);
    hello_answered(outcome);
  } else if (!call->stream) {
    tell(ReplyArrived{.id = call->id, .outcome = std::move(outcome)});
    forget_if_over(*call);
  } else if (!(well ? take(*call, StreamInput::reply_ok, {.fields = std::move(*outcome)})
                    : take(*call, StreamInput::reply_error, {.why = std::move(outcome.error())}))) {
    violation("a reply does not fit the state of its stream");
  }
}

// --- daemon ---------------------------------------------------------------------------------------------------------

void Session::Inside::call_arrived(const wire::Header& header, Buffer args) {
  const bool stranger = opening == OpeningState::fresh || opening == OpeningState::authenticating;
  if (stranger && ++early_calls > early_calls_max) return violation("a client that calls on without logging in");
  const bool ours =
      options.extension && header.program == remote::Extension::number && header.version == remote::Extension::version;
  const ProgramInfo* program = find_program(header.program, header.version);
  if (!ours && (program == nullptr || header.program == remote::Extension::number)) {
    return refuse(header, misuse_of_rpc("Cannot find program " + std::to_string(header.program) + " version " +
                                        std::to_string(header.version)));
  }
  const bool hello = ours && header.procedure == remote::Hello::proc.number;
  const Proc* proc = hello ? &remote::Hello::proc : program != nullptr ? program->find(header.procedure) : nullptr;
  if (auto why = misfit(header, proc)) return refuse(header, *why);
  const auto* row = step(opening_table::rows, opening, opening_input(header.program, *proc));
  opening = row->to;
  switch (row->action) {
    case OpeningAction::refuse_unauthenticated: return refuse(header, misuse_of_rpc("authentication required"));
    case OpeningAction::refuse_not_open:
      return refuse(
          header,
          {.code = Code::internal_error, .message = "hypervisor connection not open", .domain = ErrorDomain::remote});
    case OpeningAction::refuse_second_open:
      return refuse(
          header,
          {.code = Code::internal_error, .message = "the connection is open already", .domain = ErrorDomain::remote});
    case OpeningAction::pass:
    case OpeningAction::none: break;
  }
  if (hello) return hello_arrived(header, args);
  Call& call = new_call({header.program, header.procedure, header.serial}, *proc, args.size());
  call.version = header.version;
  if (asks_for_keepalive(call.id, args)) keepalive.enable();
  const bool reply_last = header.status == wire::Status::more;
  if (proc->stream != remote::Streaming::none) open_stream(call, args, {.reply_last = reply_last});
  stopped_counting_reply_last(call);
  tell(CallArrived{.id = call.id, .proc = proc, .args = std::move(args), .reply_last = reply_last});
}

// Why a call of a known program is refused, whoever makes it.
std::optional<Error> Session::Inside::misfit(const wire::Header& header, const Proc* proc) const {
  const bool ours = header.program == remote::Extension::number;
  if (ours && !extended && header.procedure != remote::Hello::proc.number) {
    return Error{.code = Code::operation_invalid, .message = "hello comes before other calls of this program"};
  }
  // Clients take these two words, at the beginning, for "not supported".
  const bool event = header.procedure == remote::Window::proc.number || header.procedure == remote::Weight::proc.number;
  if (proc == nullptr || (ours && event)) {
    return misuse_of_rpc("unknown procedure: " + std::to_string(header.procedure));
  }
  const bool reply_last = header.status == wire::Status::more && proc->stream == remote::Streaming::up &&
                          has_feature(static_cast<std::uint64_t>(remote::Feature::reply_last));
  if (header.status != wire::Status::ok && !reply_last) {
    return misuse_of_rpc("a call of status " + std::to_string(static_cast<std::int32_t>(header.status)) +
                         " cannot be answered");
  }
  if (find({header.program, header.procedure, header.serial}) != nullptr) {
    return misuse_of_rpc("serial " + std::to_string(header.serial) + " belongs to a call or stream that is not over");
  }
  const auto too_many = [](std::string what) {
    return Error{.code = Code::operation_failed, .message = std::move(what)};
  };
  if (waiting >= limits::calls_pending_max) return too_many("too many calls wait for their answer");
  if (args_held > limits::control_queued_max) return too_many("calls with too many bytes wait for their answer");
  if (proc->stream != remote::Streaming::none && streams >= options.streams_max) return too_many("too many streams");
  // What it sends at once is promised beside the windows, so few may do so.
  if (reply_last && streams >= limits::crowd) return too_many("too many streams for one with its reply last");
  return std::nullopt;
}

void Session::Inside::answer(Call& call, Result<Buffer> outcome) {
  const auto* row = step(call_rows, call.state, CallInput::reply);
  ensure(row != nullptr, "a call is answered once");
  call.state = row->to;
  stopped_waiting(call);
  if (constexpr std::size_t most = limits::message_max - wire::header_size; outcome && outcome->size() > most) {
    outcome = std::unexpected(Error{.code = Code::overflow,
                                    .message = "the answer has " + std::to_string(outcome->size()) +
                                               " bytes, a message at most " + std::to_string(most),
                                    .domain = ErrorDomain::rpc});
  }
  opening_answered(call, outcome.has_value(), outcome ? Bytes(*outcome) : Bytes());
  const auto fields = outcome ? std::move(*outcome) : xdr::encode(remote::to_message(outcome.error()));
  push(header_of(call, wire::Kind::reply, outcome ? wire::Status::ok : wire::Status::error), fields);
}

void Session::Inside::refuse(const wire::Header& header, const Error& why) {
  ++counters.refused_calls;
  wire::Header echo = header;
  echo.kind = wire::Kind::reply;
  echo.status = wire::Status::error;
  push(echo, xdr::encode(remote::to_message(why)));
}

// --- both -----------------------------------------------------------------------------------------------------------

Call& Session::Inside::new_call(const CallId& id, const Proc& proc, std::size_t args) {
  Call& call = calls.emplace(id, Call{.id = id, .proc = &proc, .args = args}).first->second;
  call.counted = true;
  ++waiting;
  args_held += args;
  return call;
}

// With the reply last nobody waits for it before the data are there.
void Session::Inside::stopped_counting_reply_last(Call& call) {
  if (call.reply_last()) stopped_waiting(call);
}

void Session::Inside::stopped_waiting(Call& call) {
  if (std::exchange(call.counted, false)) --waiting;
}

void Session::Inside::opening_answered(const Call& call, bool well, Bytes fields) {
  const OpeningInput kind = opening_input(call.id.program, *call.proc);
  std::optional<OpeningInput> input;
  if (kind == OpeningInput::call_open) input = well ? OpeningInput::open_done : OpeningInput::open_failed;
  if (kind == OpeningInput::call_auth && !well) input = OpeningInput::auth_failed;
  if (kind == OpeningInput::call_auth && well && call.proc->number != remote::AuthSaslInit::proc.number &&
      says_complete(fields)) {
    input = OpeningInput::auth_complete;
  }
  const auto* row = input ? step(opening_table::rows, opening, *input) : nullptr;
  if (row == nullptr) return;  // an answer that changes nothing, as of a second authentication
  opening = row->to;
  if (opening != OpeningState::open) return;
  reader.limit_control(limits::message_max - wire::header_size);
  if (side == Side::client) keepalive.enable();
}

Call* Session::Inside::find(const CallId& id) {
  const auto at = calls.find(id);
  return at == calls.end() ? nullptr : &at->second;
}

const Call* Session::Inside::find(const CallId& id) const {
  const auto at = calls.find(id);
  return at == calls.end() ? nullptr : &at->second;
}

// The daemon keeps a call until its handler is over, so that its serial is not taken for another one meanwhile.
void Session::Inside::forget_if_over(Call& call) {
  if (call.stream && call.stream->state != StreamState::closed) return;
  if (side == Side::client ? call.state != CallState::answered : !call.handler_over) return;
  args_held -= call.args;
  calls.erase(call.id);
}

}  // namespace sluice::session
