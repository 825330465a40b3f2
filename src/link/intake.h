#pragma once
// Intake: the memory into which the transport reads. The body of a stream frame goes straight into the chunk that its
// stream will get; what is not a body goes into a small buffer of our own, offered behind it in the same read.
//
//   auto count = co_await transport.read_some(intake.room(session.body(), most_control));
//   auto arrived = intake.arrived(count);      // arrived.body bytes of the body, arrived.control bytes of control
//   if (auto chunk = intake.body_came(...)) the stream gets it

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/chunk.h"
#include "session/session.h"

namespace sluice::link {

class Intake {
 public:
  Intake() : control_(control_size) {}

  // Where the next bytes belong: the rest of the body under way, then the control buffer, of which no more than
  // `most_control` bytes are offered.
  std::span<const MutableBytes> room(const std::optional<session::Body>& body, std::size_t most_control);
  bool in_memory() const { return !chunk_.empty(); }                // the body under way goes to a chunk
  bool at_begin() const { return chunk_.empty() || filled_ == 0; }  // of a body, or of a chunk of a very long one
  struct Split {
    std::uint32_t body;
    Bytes control;
  };
  Split arrived(std::size_t count) const;  // of the read into `room`

  // So many bytes of `body` are in place (put there by a read, or by `copy`). A chunk that is full is handed out; a
  // body that is to be dropped never gives one.
  std::optional<Chunk> came(const session::Body& body, std::uint32_t count);
  // The beginning of a body that was read together with its header; gives how many bytes fit into the chunk.
  std::uint32_t copy(const session::Body& body, Bytes bytes);

 private:
  static constexpr std::size_t control_size = 16 * 1024;
  MutableBytes place(const session::Body& body);

  Chunk chunk_;             // of the body under way
  std::size_t filled_ = 0;  // of it
  Buffer control_, scratch_;
  std::array<MutableBytes, 2> room_{};
};

}  // namespace sluice::link
