// Streams step by their tables; what a step means is done here.

#include "base/assert.h"
#include "remote/error_message.h"
#include "remote/extension.h"
#include "session/session_inside.h"
#include "xdr/codec.h"

namespace sluice::session {
namespace {

Error aborted_error() {
  return Error{.code = Code::operation_aborted,
               .message = "the stream was aborted by the client",
               .domain = ErrorDomain::streams};
}

// What is queued still leaves in these states; in all others it is of no use to the peer.
bool keeps_queue(StreamState state) {
  return state == StreamState::open || state == StreamState::ended || state == StreamState::settled ||
         state == StreamState::draining;
}

}  // namespace

void Session::Inside::open_stream(Call& call, Bytes args, CallOptions how) {
  const bool reply_last = how.reply_last;
  const bool client = side == Side::client;
  const bool up = call.proc->stream != remote::Streaming::down;
  const bool down = call.proc->stream != remote::Streaming::up;
  call.stream.emplace(Stream{
      .kind = client ? (reply_last ? StreamKind::client_reply_last : StreamKind::client_reply_first)
                     : (reply_last ? StreamKind::daemon_reply_last : StreamKind::daemon_reply_first),
      .state = reply_last ? StreamState::open : StreamState::opening,
      .incoming = client ? down : up,
      .outgoing = client ? up : down,
      .windowed = extended,
      .holes = remote::asks_for_holes(*call.proc, args) ||
               has_feature(static_cast<std::uint64_t>(remote::Feature::holes_everywhere)),
  });
  Stream& stream = *call.stream;
  ++streams;
  if (!extended) return;
  stream.credit = client && reply_last ? Credit::early(peer_early_window) : Credit::none();
  stream.grant = !client && reply_last ? Grant::early(options.early_window) : Grant();
  if (client && down && !how.reads_later)
    open_window(call, stream);  // the daemon opens its window when the handler accepts
}

// Steps the stream; nothing: the table has no row for it. The call may be gone afterwards.
std::optional<StreamAction> Session::Inside::take(Call& call, StreamInput on, Said said) {
  Stream& stream = *call.stream;
  if (stream.state == StreamState::closed || broken) return StreamAction::drop;
  const StreamRow* row = step(stream.kind, stream.state, on);
  if (row == nullptr) return std::nullopt;
  const bool delivered = delivers(stream.kind, stream.state);
  if (stream.state == StreamState::aborting) stopping.erase({stream.stopping_since, call.id});
  stream.state = row->to;
  if (side == Side::daemon && stream.state == StreamState::aborting) stopping.emplace(stream.stopping_since, call.id);
  if (!keeps_queue(stream.state)) forget_queue(call);
  if (delivered && !delivers(stream.kind, stream.state)) {
    // What is held will be dropped, so it holds nobody up.
    stream.grant.all_taken();
    brake.forget(call.id);
  }
  if (stream.state == StreamState::closed) {
    --streams;
    limited.erase(call.id);
  }
  perform(call, row->action, std::move(said));
  if (stream.state == StreamState::closed) {
    forget_if_over(call);
  } else {
    tell_window(call);
  }
  return row->action;
}

// For inputs of this side: one without a row is a mistake of ours.
StreamAction Session::Inside::local(Call& call, StreamInput on, Said said) {
  const auto action = take(call, on, std::move(said));
  ensure(action.has_value(), "what is asked of a stream fits its state");
  return *action;
}

void Session::Inside::perform(Call& call, StreamAction action, Said said) {
  Stream& stream = *call.stream;
  switch (action) {
    case StreamAction::none:
    case StreamAction::drop:
    case StreamAction::deliver:
    case StreamAction::queue: return;
    case StreamAction::keep_reason: stream.reason = std::make_unique<Error>(std::move(said.why)); return;
    case StreamAction::send_abort:
      return send_stream(
          call, wire::Status::error,
          extended ? xdr::encode(remote::to_message(stream.reason ? *stream.reason : said.why)) : Buffer());
    case StreamAction::send_reply:
      answer(call, std::move(said.fields));
      if (stream.windowed && stream.incoming) open_window(call, stream);
      return;
    case StreamAction::open_window: return open_window(call, stream);
    case StreamAction::send_refusal: return answer(call, std::unexpected(said.why));
    case StreamAction::send_refusal_aborted: return answer(call, std::unexpected(aborted_error()));
    case StreamAction::send_ok:
      if (!stream.result.empty()) said.fields = std::move(stream.result);
      return send_stream(call, wire::Status::ok, extended ? std::move(said.fields) : Buffer());
    case StreamAction::keep_result: stream.result = std::move(said.fields); return;
    case StreamAction::send_failure: return send_stream_error(call, said.why);
    case StreamAction::send_failure_aborted: return send_stream_error(call, aborted_error());
    case StreamAction::send_outcome: return answer(call, std::move(said.fields));
    case StreamAction::refuse_misuse:
      answer(call, std::unexpected(said.why));
      return tell(StreamFailed{.id = call.id, .why = std::move(said.why)});
    case StreamAction::fail_misuse:
      send_stream_error(call, said.why);
      return tell(StreamFailed{.id = call.id, .why = std::move(said.why)});
    case StreamAction::tell_open: return tell(ReplyArrived{.id = call.id, .outcome = std::move(said.fields)});
    case StreamAction::tell_refused_early: {
      const auto* row = step(call_rows, call.state, CallInput::forget);
      ensure(row != nullptr, "a reply that is not here yet can be forgotten");
      call.state = row->to;
      stopped_waiting(call);
      return tell(ReplyArrived{.id = call.id, .outcome = std::unexpected(std::move(said.why))});
    }
    case StreamAction::tell_refused:
      return tell(ReplyArrived{.id = call.id, .outcome = std::unexpected(std::move(said.why))});
    case StreamAction::tell_end: return tell(StreamEnded{call.id});
    case StreamAction::tell_finished: return tell(StreamFinished{call.id});
    case StreamAction::tell_stopped: return tell(StreamFailed{.id = call.id, .why = std::move(said.why)});
    case StreamAction::tell_done: return tell(StreamConfirmed{.id = call.id, .result = std::move(said.fields)});
    case StreamAction::tell_over:
      if (said.why.code != Code::operation_aborted) {
        return tell(StreamFailed{.id = call.id, .why = std::move(said.why)});
      }
      [[fallthrough]];
    case StreamAction::tell_aborted:
      if (stream.misuse) return tell(StreamFailed{.id = call.id, .why = std::move(*stream.misuse)});
      return tell(StreamConfirmed{.id = call.id, .result = {}, .aborted = true});
    case StreamAction::tell_failed: return tell(StreamFailed{.id = call.id, .why = std::move(said.why)});
    case StreamAction::tell_outcome: return tell(ReplyArrived{.id = call.id, .outcome = std::move(said.fields)});
  }
}

void Session::Inside::handler_done(Call& call, Buffer result) {
  ensure(call.stream.has_value(), "a call without a stream is answered by reply");
  ensure(!call.handler_over, "a handler is over once");
  Stream& stream = *call.stream;
  if (broken || stream.state == StreamState::closed) {
    call.handler_over = true;
    return forget_if_over(call);
  }
  if (stream.state == StreamState::opening || stream.state == StreamState::opening_finished ||
      stream.state == StreamState::opening_aborted) {
    return handler_failed(call, {.code = Code::internal_error, .message = "the call ended without opening its stream"});
  }
  if (stream.state == StreamState::open && !stream.outgoing) {
    return handler_failed(call, {.code = Code::operation_failed, .message = "not all of the stream was wanted"});
  }
  // A handler that does not say that its data end has sent all it had.
  if (stream.state == StreamState::open && local(call, StreamInput::do_end) == StreamAction::queue) {
    enqueue(call, {Item::What::end});
  }
  call.handler_over = true;
  local(call, StreamInput::do_done, {.fields = std::move(result)});
}

void Session::Inside::handler_failed(Call& call, const Error& why) {
  ensure(!call.handler_over, "a handler is over once");
  call.handler_over = true;
  if (!call.stream) {
    answer(call, std::unexpected(why));
    return forget_if_over(call);
  }
  if (call.stream->state == StreamState::closed || broken) return forget_if_over(call);
  local(call, StreamInput::do_fail, {.why = why});
}

void Session::Inside::send_stream(const Call& call, wire::Status status, Buffer payload) {
  push(header_of(call, wire::Kind::stream, status), payload);
}

void Session::Inside::send_stream_error(const Call& call, const Error& why) {
  send_stream(call, wire::Status::error, xdr::encode(remote::to_message(why)));
}

}  // namespace sluice::session
