#include "driver/volume_rules.h"

#include <algorithm>

#include "io/failure.h"

namespace sluice::driver {

model::VolumeSpec clone_of(const model::VolumeFacts& facts, const Held& original, const model::VolumeSpec& asked,
                           const Held& clone) {
  if (asked.backing) {
    io::fail(Code::config_unsupported, "cannot create " + clone.quoted() + ": a clone has no backing store",
             ErrorDomain::storage);
  }
  if (facts.incomplete) {
    io::fail(Code::operation_invalid, original.quoted() + " cannot be cloned: its upload was not finished",
             ErrorDomain::storage);
  }
  model::VolumeSpec wanted = asked;
  wanted.capacity = std::max(asked.capacity, facts.capacity);
  // A clone takes the space of what it holds, unless more was asked for.
  if (!wanted.allocation) wanted.allocation = 0;
  return wanted;
}

std::uint64_t capacity_after(const Held& volume, std::uint64_t now, std::uint64_t asked, ResizeOptions options) {
  std::uint64_t then = asked;
  if (options.delta && options.shrink) {
    then = now - std::min(now, asked);
  } else if (options.delta) {
    then = asked > volume_max - std::min(now, volume_max) ? volume_max + 1 : now + asked;
  }
  if (then > volume_max) {
    io::fail(Code::invalid_arg, "cannot resize " + volume.quoted() + ": no file is that large", ErrorDomain::storage);
  }
  if (then < now && !options.shrink) {
    io::fail(Code::operation_invalid,
             "cannot resize " + volume.quoted() + " from " + std::to_string(now) + " to " + std::to_string(then) +
                 " bytes: it would lose what is at its end, and shrinking was not asked for",
             ErrorDomain::storage);
  }
  return then;
}

std::uint64_t length_of(const Range& range, std::uint64_t size, Beyond beyond, const std::string& quoted_volume) {
  const bool inside = range.offset <= size && (beyond != Beyond::refused || range.length <= size - range.offset);
  if (!inside) {
    io::fail(Code::invalid_arg,
             "the range of " + std::to_string(range.length) + " bytes from byte " + std::to_string(range.offset) +
                 " on does not lie in " + quoted_volume + ", which is " + std::to_string(size) + " bytes long",
             ErrorDomain::storage);
  }
  const std::uint64_t room = (beyond == Beyond::grows ? volume_max : size) - range.offset;
  return range.length != 0 ? std::min(room, range.length) : room;
}

}  // namespace sluice::driver
