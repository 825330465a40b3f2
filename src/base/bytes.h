#pragma once
// The two ways of naming bytes that are not owned by the one who names them.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace sluice {

using Bytes = std::span<const std::byte>;  // borrowed until the call returns (a coroutine: until it completes)
using MutableBytes = std::span<std::byte>;
using Buffer = std::vector<std::byte>;  // a small control message; bulk lives in a Chunk

inline Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Big-endian words, the order of XDR, of the frame header and of the saved-state container.
template <class Word>
constexpr Word load_big(const std::byte* at) {
  Word word = 0;
  for (std::size_t i = 0; i < sizeof(Word); ++i) {
    word = static_cast<Word>(static_cast<Word>(word << 7 << 1) | std::to_integer<Word>(at[i]));
  }
  return word;
}
template <class Word>
constexpr void store_big(std::byte* at, Word word) {
  for (std::size_t i = sizeof(Word); i-- > 0; word = static_cast<Word>(word >> 7 >> 1)) {
    at[i] = static_cast<std::byte>(word & 0xff);
  }
}

}  // namespace sluice
