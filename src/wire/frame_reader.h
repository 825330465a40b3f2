#pragma once
// Bytes -> frames, in any split. Control frames are collected whole; of a data frame only the head is taken, and the
// reader waits until somebody else has taken its body.
//
//   FrameReader reader;
//   bytes = bytes.subspan(reader.feed(bytes));        // stops behind a control frame and before a body
//   if (auto frame = reader.next()) handle(*frame);   // frame->body: so many bytes follow that are not for the reader
//   reader.body_taken(n);
//   if (reader.violation()) close();
//
// Memory grows with the bytes that arrived, never with what a length word promises.

#include <array>
#include <optional>

#include "wire/frame.h"

namespace sluice::wire {

struct Frame {
  Header header;
  Buffer payload;          // of a control frame
  std::uint32_t body = 0;  // of a data frame: bytes that follow
};

class FrameReader {
 public:
  // Bounds the payload of control frames; data frames have the wire's limit.
  void limit_control(std::uint32_t payload_max) { control_max_ = payload_max; }

  // How many bytes it took: all, unless a frame is complete, a body is next, or the peer broke the rules.
  std::size_t feed(Bytes bytes);
  std::optional<Frame> next();  // what is complete, once

  // Up to the end of the head or of the control frame that comes next: who feeds no more never feeds a body's bytes.
  std::size_t wanted() const { return frame_ && payload_left_ > 0 ? payload_left_ : head_.size() - head_size_; }

  std::uint32_t body_left() const { return body_left_; }
  void body_taken(std::uint32_t count);
  const std::optional<Error>& violation() const { return violation_; }

 private:
  void head_complete();

  std::uint32_t control_max_ = limits::message_max - header_size;
  std::array<std::byte, limits::frame_head> head_{};
  std::size_t head_size_ = 0;
  std::uint32_t payload_left_ = 0;
  std::uint32_t body_left_ = 0;
  std::optional<Frame> frame_;  // being collected, or complete
  std::optional<Error> violation_;
};

}  // namespace sluice::wire
