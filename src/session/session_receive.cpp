// What arrives: frames are told apart by kind, and what does not fit is answered, dropped, or ends the connection.

#include "base/assert.h"
#include "remote/connect.h"
#include "remote/error_message.h"
#include "remote/extension.h"
#include "remote/remote.h"
#include "session/session_inside.h"
#include "xdr/codec.h"

namespace sluice::session {

std::size_t Session::Inside::receive(Bytes bytes) {
  if (!bytes.empty()) keepalive.heard();
  std::size_t took = 0;
  while (!broken && reader.body_left() == 0 && took < bytes.size()) {
    took += reader.feed(bytes.subspan(took));
    if (reader.violation()) {
      violation(reader.violation()->message);
    } else if (auto frame = reader.next()) {
      ++counters.frames_in;
      frame_arrived(std::move(*frame));
    }
  }
  return took;
}

void Session::Inside::frame_arrived(wire::Frame frame) {
  const wire::Header& header = frame.header;
  const bool client = side == Side::client;
  switch (header.kind) {
    case wire::Kind::call:
      if (client) return violation("the peer calls, but it is the daemon");
      return call_arrived(header, std::move(frame.payload));
    case wire::Kind::reply:
      if (client) reply_arrived(header, std::move(frame.payload));
      return;  // of a client: libvirtd drops it too
    case wire::Kind::event: return event_arrived(header, std::move(frame.payload));
    case wire::Kind::stream:
      if (wire::has_body(header)) return data_arrived(header, frame.body);
      return stream_arrived(header, std::move(frame.payload));
    case wire::Kind::hole: return hole_arrived(header, frame.payload);
    case wire::Kind::call_fds:
    case wire::Kind::reply_fds:
      // Bytes that no length word counts follow it, so nothing behind it could be read. We never announce feature 8.
      return violation("the peer passes descriptors, which was not offered");
  }
  violation("a frame of kind " + std::to_string(static_cast<std::int32_t>(header.kind)) + " arrived");
}

void Session::Inside::event_arrived(const wire::Header& header, Buffer fields) {
  if (header.program == remote::keepalive_program && header.version == 1) {
    if (header.procedure == remote::keepalive_ping) control.push_pong();
    if (header.procedure == remote::keepalive_pong) round_trip.answered(now);
    return;  // a sign of life as any other frame
  }
  if (extended && header.program == remote::Extension::number && header.procedure == remote::Window::proc.number) {
    return window_arrived(fields);
  }
  if (extended && header.program == remote::Extension::number && header.procedure == remote::Weight::proc.number) {
    return weight_arrived(fields);
  }
  if (side == Side::daemon) return;  // libvirtd drops it too
  const ProgramInfo* program = find_program(header.program, header.version);
  if (program == nullptr) {
    return violation("an event of the unknown program " + std::to_string(header.program) + " arrived");
  }
  if (program->find(header.procedure) == nullptr) return;  // younger than we are
  tell(Notified{.program = header.program, .procedure = header.procedure, .fields = std::move(fields)});
}

// STREAM with any status but CONTINUE: finish, abort, and their answers.
void Session::Inside::stream_arrived(const wire::Header& header, Buffer payload) {
  Call* call = find({header.program, header.procedure, header.serial});
  if (call == nullptr || !call->stream) return;
  const auto aborted = [&] {
    if (side == Side::client || (extended && !payload.empty())) return remote::decode_error(payload);
    return Error{.code = Code::operation_aborted,
                 .message = "the client aborted the stream",
                 .domain = ErrorDomain::streams,
                 .origin = Origin::remote};
  };
  std::optional<StreamAction> action;
  if (header.status == wire::Status::ok) {
    // A finish carries nothing; what a client puts there is ignored, as by libvirtd.
    action = take(*call, StreamInput::ok, {.fields = side == Side::client ? std::move(payload) : Buffer()});
  } else if (header.status == wire::Status::error) {
    action = take(*call, StreamInput::error, {.why = aborted()});
  } else if (side == Side::daemon) {
    return misused(*call, "status " + std::to_string(static_cast<std::int32_t>(header.status)) + " is none");
  }
  if (!action) violation("a stream message does not fit the state of its stream");
}

std::optional<Body> Session::Inside::body() const {
  if (broken || reader.body_left() == 0) return std::nullopt;
  const Call* call = body_stream ? find(*body_stream) : nullptr;
  const bool wanted = call != nullptr && call->stream && delivers(call->stream->kind, call->stream->state);
  return Body{.id = body_stream.value_or(CallId{}), .left = reader.body_left(), .drop = !wanted};
}

void Session::Inside::received(std::uint32_t count) {
  const auto arriving = body();
  if (!arriving || count == 0) return;
  keepalive.heard();
  reader.body_taken(count);
  counters.body_bytes_in += count;
  if (arriving->drop) {
    counters.dropped_bytes += count;
    return;
  }
  const Call& call = *find(arriving->id);
  if (!call.stream->windowed && call.proc->stream != remote::Streaming::both) hold_brake(call);
}

const ProgramInfo* Session::Inside::find_program(std::uint32_t number, std::uint32_t version) const {
  for (const ProgramInfo& program : options.programs) {
    if (program.number == number && program.version == version) return &program;
  }
  return nullptr;
}

}  // namespace sluice::session
