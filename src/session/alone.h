#pragma once
// For tests: one session whose peer is the test itself. Frames that arrive are written by hand; what the session says
// and what it tells comes as text, one line each.
//
//   Alone daemon(Side::daemon);
//   daemon.arrives(call(Upload::proc, 7), "args");
//   EXPECT_EQ(daemon.told(), "call upload #7\n");
//   daemon.session.accept(daemon.id(Upload::proc, 7), {});
//   EXPECT_EQ(daemon.said(), "REPLY upload #7 ok\n");

#include <map>
#include <string>

#include "remote/error_message.h"
#include "remote/extension.h"
#include "session/sample_program.h"
#include "session/session.h"
#include "wire/frame_reader.h"
#include "xdr/codec.h"

namespace sluice::session {

using wire::Header;
using wire::Kind;
using wire::Status;

inline Buffer text(std::string_view words) { return Buffer(as_bytes(words).begin(), as_bytes(words).end()); }
inline Error error(Code code, std::string message) { return {.code = code, .message = std::move(message)}; }
inline CallId id_of(const Proc& proc, std::uint32_t serial) { return {Sample::number, proc.number, serial}; }

inline Options sample_options(std::span<const ProgramInfo> programs = sample_programs) {
  Options options;
  options.programs = programs;
  return options;
}

// Headers of the sample program.
inline Header header(Kind kind, const Proc& proc, std::uint32_t serial, Status status = Status::ok) {
  return {.program = Sample::number,
          .version = 1,
          .procedure = proc.number,
          .kind = kind,
          .serial = serial,
          .status = status};
}
inline Header call(const Proc& proc, std::uint32_t serial) { return header(Kind::call, proc, serial); }
inline Header reply(const Proc& proc, std::uint32_t serial) { return header(Kind::reply, proc, serial); }
inline Header data(const Proc& proc, std::uint32_t serial) { return header(Kind::stream, proc, serial, Status::more); }
inline Header finish(const Proc& proc, std::uint32_t serial) { return header(Kind::stream, proc, serial); }
inline Header abort(const Proc& proc, std::uint32_t serial) {
  return header(Kind::stream, proc, serial, Status::error);
}
inline Header hole(const Proc& proc, std::uint32_t serial) { return header(Kind::hole, proc, serial, Status::more); }
inline Buffer hole_of(std::int64_t length, std::uint32_t flags = 0) {
  return xdr::encode(remote::StreamHole{.length = length, .flags = flags});
}
inline Buffer error_of(Code code, std::string message) {
  return xdr::encode(remote::to_message(error(code, std::move(message))));
}

class Alone {
 public:
  explicit Alone(Side side, const Options& options = sample_options()) : session(side, options), side_(side) {}

  void arrives(const Header& header, Bytes payload = {});
  void arrives(const Header& header, std::string_view payload) { arrives(header, as_bytes(payload)); }
  void arrives_raw(Bytes bytes);
  // What it sends now, a line for each frame; bodies as text if they are short.
  std::string said(std::uint32_t max_body = limits::body_max);
  std::string told();  // its events, a line each

  // Says hello, or answers it, with these fields of the peer.
  void become_extended(remote::HelloFields theirs = {.software = "Test",
                                                     .features = 3,
                                                     .max_message = limits::message_max,
                                                     .max_streams = 64,
                                                     .early_window = 1000,
                                                     .params = {}});
  void window(const CallId& id, std::uint64_t limit);

  // Gives the stream bytes to send.
  void ready(const CallId& id, std::string_view bytes) {
    outbox[id] += bytes;
    session.ready(id, bytes.size());
  }

  Session session;
  std::map<CallId, std::string> inbox, outbox;  // what streams received, and have to send
  std::string dropped;

 private:
  Side side_;
};

// Keepalive messages, and calls of libvirt's program.
inline Header keepalive(std::int32_t procedure) {
  return {.program = remote::keepalive_program, .version = 1, .procedure = procedure, .kind = Kind::event, .serial = 0};
}
inline Header remote_header(Kind kind, const Proc& proc, std::uint32_t serial) {
  return {.program = remote::Remote::number, .version = 1, .procedure = proc.number, .kind = kind, .serial = serial};
}
inline CallId remote_id(const Proc& proc, std::uint32_t serial) {
  return {remote::Remote::number, proc.number, serial};
}

std::string as_line(const Header& header, Bytes payload);
std::string as_line(const Event& event);

}  // namespace sluice::session
