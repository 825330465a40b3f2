// Whatever bytes, as the arguments, the reply and the result of every procedure there is: they decode or are refused,
// and what was decoded is written back as the value it is.

#include "base/assert.h"
#include "remote/error_message.h"
#include "remote/extension.h"
#include "remote/remote.h"
#include "xdr/codec.h"

namespace {

using namespace sluice;

template <class T>
void try_one(Bytes input) {
  const auto front = xdr::decode_front<T>(input);
  if (!front) return;
  const Buffer again = xdr::encode(front->value);
  ensure(again.size() == input.size() - front->rest.size(), "as many bytes are written as were read");
  const auto same = xdr::decode<T>(again);
  ensure(same.has_value() && xdr::encode(*same) == again, "what was written is read as the same");
}

template <class P>
void try_procedure(Bytes input) {
  try_one<P>(input);
  try_one<remote::ReplyOf<P>>(input);
  try_one<remote::ResultOf<P>>(input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 1) return 0;
  const Bytes input = std::as_bytes(std::span(bytes, size)).subspan(1);
  // The first byte chooses, so that one input does not pay for a hundred decoders.
  const std::size_t chosen = bytes[0];
  std::size_t index = 0;
  const auto visit = [&]<class P>() {
    if (index++ % 256 == chosen) try_procedure<P>(input);
  };
  remote::Remote::for_each(visit);
  remote::Extension::for_each(visit);
  if (chosen == 255) {
    try_one<remote::ErrorMessage>(input);
    ensure(!remote::decode_error(input).message.empty() || !input.empty(), "an error has words");
  }
  return 0;
}
