// Whatever bytes: every XDR kind decodes or refuses, never reads beyond the input, never allocates more than a small
// multiple of it, and what was decoded is written back as the value it is.

#include "base/assert.h"
#include "xdr/codec.h"

namespace {

using namespace sluice;
using namespace sluice::xdr;

struct Inner {
  std::int32_t number = 0;
  std::array<std::uint32_t, 2> pair{};
  std::optional<std::string> word;
  bool operator==(const Inner&) const = default;
};
struct EveryKind {
  std::uint32_t u32 = 0;
  std::int64_t i64 = 0;
  std::string text;
  std::optional<Inner> maybe;
  Uuid uuid;
  List<Inner, 100> inner;
  Opaque<1000> blob;
  Wide<std::int8_t> i8w;
  Wide<std::uint16_t> u16w;
  List<Wide<std::int8_t>, 65536> narrow;
  List<TypedParam, 64> params;
  Void nothing;
  TailList<Inner, 100> more;
  bool operator==(const EveryKind&) const = default;
};

template <class T>
void try_one(Bytes input) {
  const auto front = decode_front<T>(input);
  if (!front) {
    ensure(front.error().code == Code::rpc && !front.error().message.empty(), "a refusal says why");
    return;
  }
  const Buffer again = encode(front->value);
  ensure(again.size() == input.size() - front->rest.size(), "as many bytes are written as were read");
  const auto same = decode<T>(again);
  ensure(same.has_value() && encode(*same) == again, "what was written is read as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const Bytes input = std::as_bytes(std::span(bytes, size));
  try_one<EveryKind>(input);
  try_one<List<TypedParam, 64>>(input);
  try_one<List<Inner, 0xffffffff>>(input);
  try_one<std::optional<std::string>>(input);
  return 0;
}
