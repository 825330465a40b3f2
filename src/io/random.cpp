#include "io/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>

#include "io/fd.h"

namespace sluice::io {

void fill_random(MutableBytes out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_with_errno("cannot get random bytes");
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

Uuid random_uuid() {
  std::array<std::byte, 16> bytes;
  fill_random(bytes);
  return Uuid::random_from(bytes);
}

std::string random_letters(std::size_t count) {
  static constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz012345";  // 32: no bias
  Buffer bytes(count);
  fill_random(bytes);
  std::string out;
  for (const std::byte b : bytes) out += letters[std::to_integer<std::size_t>(b) % letters.size()];
  return out;
}

}  // namespace sluice::io
