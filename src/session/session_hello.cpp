// The extension's hello: from its answer on both ends are Sluices, and windows rule every stream.

#include <algorithm>

#include "base/assert.h"
#include "remote/error_message.h"
#include "remote/extension.h"
#include "session/session_inside.h"
#include "xdr/codec.h"

namespace sluice::session {
namespace {

constexpr std::uint32_t message_least = 65'564;  // a frame between Sluice ends is one piece
constexpr std::uint32_t streams_least = 16;

Result<remote::HelloFields> read_hello(Bytes bytes) {
  auto hello = xdr::decode_front<remote::HelloFields>(bytes);
  if (!hello) return std::unexpected(std::move(hello.error()));
  if (hello->value.max_message < message_least || hello->value.max_streams < streams_least) {
    return fault(Code::invalid_arg, "hello offers messages of " + std::to_string(hello->value.max_message) +
                                        " bytes and " + std::to_string(hello->value.max_streams) +
                                        " streams, fewer than a Sluice has");
  }
  return std::move(hello->value);
}

}  // namespace

void Session::Inside::hello() {
  ensure(side == Side::client && streams == 0 && !extended && !hello_pending, "hello comes once, before streams");
  if (broken || !options.extension) {
    if (!broken) tell(HelloAnswered{false});
    return;
  }
  hello_pending = true;
  CallId id{remote::Extension::number, remote::Hello::proc.number, next_serial++};
  while (calls.contains(id)) id.serial = next_serial++;
  Call& call = new_call(id, remote::Hello::proc, 0);
  call.version = remote::Extension::version;
  push(header_of(call, wire::Kind::call, wire::Status::ok), own_hello());
}

void Session::Inside::hello_answered(const Result<Buffer>& outcome) {
  hello_pending = false;
  if (!outcome) return tell(HelloAnswered{false});
  const auto theirs = read_hello(*outcome);
  // The daemon counts windows from its answer on, so there is no way back.
  if (!theirs) return violation("the answer to hello: " + theirs.error().message);
  become_extended(*theirs);
  tell(HelloAnswered{true});
}

void Session::Inside::hello_arrived(const wire::Header& header, Bytes args) {
  const auto invalid = [](std::string what) {
    return Error{.code = Code::operation_invalid, .message = std::move(what)};
  };
  if (extended) return refuse(header, invalid("hello was said already"));
  if (streams > 0) return refuse(header, invalid("hello comes before streams"));
  const auto theirs = read_hello(args);
  if (!theirs) return refuse(header, theirs.error());
  wire::Header answer = header;
  answer.kind = wire::Kind::reply;
  push(answer, own_hello());
  become_extended(*theirs);
  keepalive.enable();  // every Sluice answers pings
}

void Session::Inside::become_extended(const remote::HelloFields& theirs) {
  extended = true;
  features = theirs.features & options.features;
  peer_body_max = std::min(theirs.max_message, limits::message_max) - limits::frame_head;
  peer_early_window = theirs.early_window;
}

Buffer Session::Inside::own_hello() const {
  return xdr::encode(remote::HelloFields{.software = options.software,
                                         .features = options.features,
                                         .max_message = limits::message_max + 4,
                                         .max_streams = std::max(options.streams_max, streams_least),
                                         .early_window = options.early_window,
                                         .params = {}});
}

}  // namespace sluice::session
