#pragma once
// One frame of the wire: a length word, a header of six words, then the rest. All big-endian.
//
//   Buffer bytes = wire::frame(Header{.program = Remote::number, .procedure = 1, .serial = 0}, args);   // a whole one
//   Buffer head = wire::head(header, body_length);   // of a data frame, whose body by-passes everything
//
// Kind and status stay raw: an unknown value must reach whoever answers it.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace sluice::wire {

enum class Kind : std::int32_t { call = 0, reply = 1, event = 2, stream = 3, call_fds = 4, reply_fds = 5, hole = 6 };
enum class Status : std::int32_t { ok = 0, error = 1, more = 2 };  // more: what the wire calls CONTINUE

struct Header {  // the fields are the wire format, in order
  std::uint32_t program = 0;
  std::uint32_t version = 1;
  std::int32_t procedure = 0;
  Kind kind = Kind::call;
  std::uint32_t serial = 0;
  Status status = Status::ok;
  bool operator==(const Header&) const = default;
};

inline constexpr std::uint32_t header_size = limits::frame_head - 4;

// The first 28 bytes of a frame whose payload or body has `rest` bytes.
Buffer head(const Header& header, std::uint32_t rest);
// The whole frame. A payload that fits no frame is the caller's mistake.
Buffer frame(const Header& header, Bytes payload);

// A length word counts itself. Below a header or over the limit of the wire: a violation.
Result<std::uint32_t> payload_length(std::uint32_t length_word, std::uint32_t payload_max);

// Stream data: its body by-passes parsers, however long.
constexpr bool has_body(const Header& header) { return header.kind == Kind::stream && header.status == Status::more; }

std::string_view name(Kind kind);  // "CALL"; an unknown one is "unknown"

}  // namespace sluice::wire
