#pragma once
// The network as OpenSSL sees it, a BIO of our own: it reads from the bytes that the caller of `receive` lends, and
// writes what is to be sent. A memory BIO would copy every byte once more each way.
//
//   network.incoming = bytes;  SSL_read_ex(...);  used = bytes.size() - network.incoming.size();
//   send(network.outgoing.front());  network.outgoing.sent(n);

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/chunk.h"
#include "secure/openssl.h"

namespace sluice::secure {

// Bytes for the network, in order. None of them moves while it waits, so a write of the front may be under way while
// more is appended. Holds no memory when nothing waits.
class Outgoing {
 public:
  // Takes less than given when limits::tls_outgoing bytes wait.
  std::size_t append(Bytes bytes);
  void expect(std::size_t bytes) { expected_ = bytes; }  // so many come next: they get one piece of memory
  Bytes front() const;
  void sent(std::size_t count);
  std::size_t size() const { return size_; }
  std::size_t room() const;

 private:
  struct Part {
    Chunk chunk;
    std::size_t begin = 0, end = 0;
  };
  std::vector<Part> parts_;
  std::size_t size_ = 0, expected_ = 0;
};

struct Network {
  Bytes incoming;
  Outgoing outgoing;
  std::uint64_t copied_in = 0, copied_out = 0;  // bytes that were copied to and from OpenSSL's own buffers
};

OwnedBioMethod network_method();                                   // outlives its BIOs
OwnedBio network_bio(const BIO_METHOD* method, Network& network);  // so does the network

}  // namespace sluice::secure
