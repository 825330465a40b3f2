// Whatever arrives, in any split: the same frames, or the same violation, for the whole input and one byte at a time;
// and a frame that was read is written back as it came.

#include "base/assert.h"
#include "wire/frame_reader.h"

namespace {

using namespace sluice;
using namespace sluice::wire;

struct Story {
  Buffer bytes;  // frames written again, with their bodies
  std::string violation;
  bool operator==(const Story&) const = default;
};

Story told(Bytes input, std::size_t step) {
  FrameReader reader;
  Story story;
  while (!input.empty() && !reader.violation()) {
    const Bytes part = input.first(std::min(step, input.size()));
    if (const std::uint32_t left = reader.body_left()) {
      const auto n = std::min<std::size_t>(left, part.size());
      story.bytes.insert(story.bytes.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(n));
      reader.body_taken(static_cast<std::uint32_t>(n));
      input = input.subspan(n);
    } else {
      input = input.subspan(reader.feed(part));
    }
    if (const auto frame = reader.next()) {
      const Buffer again =
          frame->body > 0 ? head(frame->header, frame->body) : wire::frame(frame->header, frame->payload);
      story.bytes.insert(story.bytes.end(), again.begin(), again.end());
    }
  }
  if (reader.violation()) story.violation = reader.violation()->message;
  return story;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const Bytes input = std::as_bytes(std::span(bytes, size));
  const Story whole = told(input, std::max<std::size_t>(size, 1));
  ensure(told(input, 1) == whole, "one byte at a time tells the same story");
  ensure(whole.bytes.size() <= size && std::equal(whole.bytes.begin(), whole.bytes.end(), input.begin()),
         "what was read is written back as it came");
  return 0;
}
