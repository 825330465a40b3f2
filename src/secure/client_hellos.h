#pragma once
// How long a stranger says that its hellos will be: the first message of a handshake, and the one that answers a
// HelloRetryRequest. OpenSSL reserves that much at once, up to 128 KiB, for ten bytes that cost the stranger nothing;
// so the length is read before OpenSSL sees it. Whatever else a stranger may send OpenSSL bounds by itself, or refuses.
//
//   hellos.look(bytes_so_far_used, network);
//   if (hellos.too_long() != 0) refuse

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/limits.h"

namespace sluice::secure {

class ClientHellos {
 public:
  // `network` begins at byte `at` of the connection; what was looked at before is skipped. Nothing is left out.
  void look(std::size_t at, Bytes network) {
    for (const std::byte byte : network.subspan(seen_ > at ? std::min(seen_ - at, network.size()) : 0)) {
      if (over_) return;
      take(byte);
      ++seen_;
    }
  }
  std::uint32_t too_long() const { return too_long_; }  // of a hello: so many bytes. 0: none so far
  std::size_t known_at() const { return seen_ - 1; }    // the byte of the connection that told it

 private:
  static constexpr std::byte change_cipher_spec{20}, handshake{22}, application_data{23};  // kinds of records
  static constexpr std::byte client_hello{1};                                              // a kind of message

  void take(std::byte byte) {
    if (left_ == 0) return take_of_record(byte);
    --left_;
    if (record_[0] != handshake) return;  // between two hellos there may be others, of early data for example
    if (body_left_ > 0) {
      --body_left_;
      return;
    }
    take_of_message(byte);
  }
  void take_of_record(std::byte byte) {
    record_[headed_++] = byte;
    if (headed_ < record_.size()) return;
    headed_ = 0;
    left_ = load_big<std::uint16_t>(record_.data() + 3);
    over_ = record_[0] < change_cipher_spec || record_[0] > application_data;  // no TLS
  }
  // Its four bytes may come in four records.
  void take_of_message(std::byte byte) {
    message_[known_++] = byte;
    if (known_ < message_.size()) return;
    known_ = 0;
    body_left_ = load_big<std::uint32_t>(message_.data()) & 0xff'ffff;
    over_ = message_[0] != client_hello;  // no hello follows another message
    if (over_ || body_left_ <= limits::tls_hello_max) return;
    too_long_ = body_left_;
    over_ = true;
  }

  std::array<std::byte, 5> record_{};
  std::array<std::byte, 4> message_{};
  std::size_t headed_ = 0, known_ = 0, left_ = 0, seen_ = 0;
  std::uint32_t body_left_ = 0, too_long_ = 0;
  bool over_ = false;
};

}  // namespace sluice::secure
