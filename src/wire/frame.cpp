#include "wire/frame.h"

#include <array>
#include <string>

#include "base/assert.h"
#include "xdr/codec.h"

namespace sluice::wire {

static_assert(xdr::Coding<Header>::least == header_size);

Buffer head(const Header& header, std::uint32_t rest) {
  ensure(rest <= limits::message_max - header_size, "a frame is not longer than the wire allows");
  xdr::Writer writer;
  writer.word(limits::frame_head + rest);
  xdr::Coding<Header>::put(writer, header);
  return writer.take();
}

Buffer frame(const Header& header, Bytes payload) {
  ensure(payload.size() <= limits::message_max - header_size, "a frame is not longer than the wire allows");
  Buffer whole = head(header, static_cast<std::uint32_t>(payload.size()));
  whole.insert(whole.end(), payload.begin(), payload.end());
  return whole;
}

Result<std::uint32_t> payload_length(std::uint32_t length_word, std::uint32_t payload_max) {
  if (length_word < limits::frame_head) {
    return fault(Code::rpc, "a frame announces " + std::to_string(length_word) + " bytes, fewer than its header has",
                 ErrorDomain::rpc);
  }
  const std::uint32_t payload = length_word - limits::frame_head;
  if (payload > payload_max) {
    return fault(Code::rpc,
                 "a frame announces " + std::to_string(length_word) + " bytes, more than the " +
                     std::to_string(limits::frame_head + payload_max) + " that are accepted",
                 ErrorDomain::rpc);
  }
  return payload;
}

std::string_view name(Kind kind) {
  constexpr std::array<std::string_view, 7> names{"CALL", "REPLY", "EVENT", "STREAM", "CALL_FDS", "REPLY_FDS", "HOLE"};
  const auto index = static_cast<std::uint32_t>(kind);
  return index < names.size() ? names[index] : "unknown";
}

}  // namespace sluice::wire
