// Whatever a file holds: the same items in any split, through feed() and through take(), and never more than it holds.
// Inputs get right checksums where they ask for it, or the fuzzer would never come past the first hash.

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/assert.h"
#include "saved/container_samples.h"
#include "saved/layout.h"

namespace {

using namespace sluice;
using namespace sluice::saved;

// As many chunks of the given size as it takes; what a chunk has left after an item is taken next.
samples::Outcome in_chunks(Bytes bytes, std::size_t size) {
  Reader reader;
  samples::Outcome outcome;
  while (!bytes.empty()) {
    Chunk chunk = Chunk::copy_of(bytes.first(std::min(size, bytes.size())));
    bytes = bytes.subspan(chunk.size());
    while (!chunk.empty()) {
      const std::size_t before = chunk.size();
      reader.take(chunk);
      if (!samples::drain(reader, outcome)) return outcome;
      ensure(chunk.size() < before, "a reader takes bytes until an error was told");
    }
  }
  if (auto finished = reader.finish(); !finished) outcome.error = finished.error().message;
  return outcome;
}

// Walks the sections as a reader would and corrects every checksum on the way.
void mend(Buffer& bytes) {
  if (bytes.size() < file_head_size) return;
  std::ranges::transform(magic, bytes.begin(), [](std::uint8_t byte) { return std::byte{byte}; });
  Hash head(0);
  head.add(Bytes(bytes).first(56));
  const std::uint64_t id = head.value();
  store_big(&bytes[56], id);
  std::size_t at = file_head_size;
  while (bytes.size() - at >= section_head_size) {
    SectionHeadBytes section{};
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), section.size(), section.begin());
    const std::size_t stored = decode_section_head(section).stored;
    if (bytes.size() - at - section_head_size < stored) return;
    store_big(&bytes[at + guarded_head_size],
              section_hash(section, id, Bytes(bytes).subspan(at + section_head_size, stored)));
    at += section_head_size + stored;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input = std::as_bytes(std::span(bytes, size)).subspan(1);
  Buffer file(input.begin(), input.end());
  if ((bytes[0] & 1) != 0) mend(file);
  const auto whole = samples::read_back(file);
  ensure(samples::read_back(file, 1) == whole, "one byte at a time reads the same");
  ensure(samples::read_back(file, 7) == whole, "seven bytes at a time read the same");
  for (const std::size_t chunk : {std::size_t{20'000}, std::size_t{1024 * 1024}}) {
    ensure(in_chunks(file, chunk) == whole, "chunks that are kept read the same");
  }
  return 0;
}
