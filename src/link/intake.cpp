#include "link/intake.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace sluice::link {
namespace {

constexpr std::uint32_t piece_max = 1024 * 1024;  // frames of libvirt's clients may be 32 MiB
constexpr std::uint32_t scratch_size = 64 * 1024;

}  // namespace

MutableBytes Intake::place(const session::Body& body) {
  if (body.drop) {
    chunk_ = Chunk();
    if (scratch_.empty()) scratch_.resize(scratch_size);
    return MutableBytes(scratch_).first(std::min(body.left, scratch_size));
  }
  if (chunk_.empty()) {
    chunk_ = Chunk::uninitialised(std::min(body.left, piece_max));
    filled_ = 0;
  }
  return chunk_.writable().subspan(filled_);
}

std::span<const MutableBytes> Intake::room(const std::optional<session::Body>& body, std::size_t most_control) {
  const MutableBytes control = MutableBytes(control_).first(std::min(control_.size(), most_control));
  room_ = {body ? place(*body) : MutableBytes(), control};
  // Control may follow only where the body ends.
  if (body && room_[0].size() < body->left) room_[1] = MutableBytes();
  if (!body) return std::span(room_).last(1);
  return std::span(room_).first(room_[1].empty() ? 1 : 2);
}

Intake::Split Intake::arrived(std::size_t count) const {
  const std::size_t body = std::min(count, room_[0].size());
  return {static_cast<std::uint32_t>(body), Bytes(control_).first(count - body)};
}

std::optional<Chunk> Intake::came(const session::Body& body, std::uint32_t count) {
  if (body.drop) chunk_ = Chunk();  // its stream ended while the read was under way
  if (chunk_.empty()) return std::nullopt;
  filled_ += count;
  ensure(filled_ <= chunk_.size(), "no more came than there was room for");
  if (filled_ < chunk_.size()) return std::nullopt;
  return std::move(chunk_);
}

std::uint32_t Intake::copy(const session::Body& body, Bytes bytes) {
  const MutableBytes to = place(body);
  const std::size_t count = std::min(to.size(), bytes.size());
  if (count > 0 && !body.drop) std::memcpy(to.data(), bytes.data(), count);
  return static_cast<std::uint32_t>(count);
}

}  // namespace sluice::link
