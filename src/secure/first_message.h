#pragma once
// How long a stranger says that its first message will be. OpenSSL reserves that much at once, up to 128 KiB, for ten
// bytes that cost the stranger nothing; so the length is read before OpenSSL sees it.
//
//   first.look(bytes_so_far_used, network);
//   if (first.size() > limits::tls_hello_max) refuse

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace sluice::secure {

class FirstMessage {
 public:
  // `network` begins at byte `at` of the connection; what was looked at before is skipped. Nothing is left out.
  void look(std::size_t at, Bytes network) {
    for (const std::byte byte : network.subspan(seen_ > at ? std::min(seen_ - at, network.size()) : 0)) {
      if (over_) return;
      take(byte);
      ++seen_;
    }
  }
  // 0: not known yet, or no message of a handshake.
  std::uint32_t size() const {
    return known_ == message_.size() ? load_big<std::uint32_t>(message_.data()) & 0xff'ffff : 0;
  }
  std::size_t known_at() const { return seen_ - 1; }  // the byte of the connection that completed it

 private:
  static constexpr std::byte handshake{22};  // the kind of record; what else comes first OpenSSL refuses by itself

  // The message's four bytes may come in four records.
  void take(std::byte byte) {
    if (left_ > 0) {
      --left_;
      message_[known_++] = byte;
      over_ = known_ == message_.size();
      return;
    }
    record_[headed_++] = byte;
    if (headed_ < record_.size()) return;
    headed_ = 0;
    left_ = load_big<std::uint16_t>(record_.data() + 3);
    over_ = record_[0] != handshake;
  }

  std::array<std::byte, 5> record_{};
  std::array<std::byte, 4> message_{};
  std::size_t headed_ = 0, known_ = 0, left_ = 0, seen_ = 0;
  bool over_ = false;
};

}  // namespace sluice::secure
