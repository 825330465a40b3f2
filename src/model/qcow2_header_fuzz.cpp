// Whatever a file begins with: no more is believed than there is.
// nothing.

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/assert.h"
#include "model/qcow2_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace sluice;
  const Bytes input = std::as_bytes(std::span(bytes, size));
  const Bytes head = input.first(std::min(size, model::qcow2_head));
  const auto header = model::parse_qcow2(head);
  if (!header) return 0;
  ensure(head.size() >= 8, "an image has at least its magic and its version");
  ensure((header->backing_size == 0) == (header->backing_offset == 0), "a backing file has a place and a length");
  ensure(header->backing_size <= 1023, "no name is longer than the format allows");
  Buffer copy(head.begin(), head.end());
  ensure(model::parse_qcow2(copy) == header, "the same bytes say the same");
  return 0;
}
