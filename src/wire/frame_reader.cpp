#include "wire/frame_reader.h"

#include <algorithm>

#include "base/assert.h"
#include "xdr/codec.h"

namespace sluice::wire {

std::size_t FrameReader::feed(Bytes bytes) {
  std::size_t took = 0;
  while (took < bytes.size() && !violation_ && body_left_ == 0) {
    const Bytes rest = bytes.subspan(took);
    if (!frame_) {
      const std::size_t n = std::min(rest.size(), head_.size() - head_size_);
      std::ranges::copy(rest.first(n), head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
      head_size_ += n;
      took += n;
      // A length word that cannot be right is refused at once, not when 28 bytes of such a peer are there.
      if (head_size_ >= 4) {
        const auto word = load_big<std::uint32_t>(head_.data());
        auto length = payload_length(word, limits::message_max - header_size);
        if (!length) violation_ = std::move(length.error());
      }
      if (!violation_ && head_size_ == head_.size()) head_complete();
    } else if (payload_left_ > 0) {
      const std::size_t n = std::min<std::size_t>(rest.size(), payload_left_);
      frame_->payload.insert(frame_->payload.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(n));
      payload_left_ -= static_cast<std::uint32_t>(n);
      took += n;
    }
    if (frame_ && payload_left_ == 0) break;
  }
  return took;
}

void FrameReader::head_complete() {
  head_size_ = 0;
  const Bytes bytes(head_);
  auto header = xdr::decode<Header>(bytes.subspan(4));
  ensure(header.has_value(), "24 bytes are a header");
  const std::uint32_t rest = load_big<std::uint32_t>(bytes.data()) - limits::frame_head;
  if (has_body(*header)) {
    frame_ = Frame{.header = *header, .payload = {}, .body = rest};
    body_left_ = rest;
    return;
  }
  auto length = payload_length(rest + limits::frame_head, control_max_);
  if (!length) {
    violation_ = std::move(length.error());
    return;
  }
  frame_ = Frame{.header = *header, .payload = {}, .body = 0};
  payload_left_ = rest;
}

std::optional<Frame> FrameReader::next() {
  if (!frame_ || payload_left_ > 0) return std::nullopt;
  std::optional<Frame> complete = std::move(frame_);
  frame_.reset();
  return complete;
}

void FrameReader::body_taken(std::uint32_t count) {
  ensure(count <= body_left_, "a body has no more bytes than its frame said");
  body_left_ -= count;
}

}  // namespace sluice::wire
