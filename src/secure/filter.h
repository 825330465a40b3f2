#pragma once
// A Filter stands between a connection and its network: what it takes from the network becomes plain bytes, and back.
// It does no I/O and knows no clock; whoever drives it carries the bytes.
//
//   reading   auto [used, plain] = filter.receive(network, chunk.writable());  // decrypts straight into the chunk
//             network = network.subspan(used);                 // none left and none gained: read more of the network
//             filter.ended();                                  // the network ended
//   writing   const std::size_t taken = filter.encrypt(bytes);
//   always    while (!filter.outgoing().empty()) filter.sent(co_await network.write_some(filter.outgoing()));
//
// Both reading and writing may leave something to send: a handshake answers, an alert says why it failed. So who called
// any of these looks at `outgoing`. An end that the peer did not announce is a failure, never an end (filter_state.h).

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "secure/filter_state.h"

namespace sluice::secure {

// Who the peer is, and how the connection is kept; after the handshake.
struct Peer {
  std::string name;  // distinguished name of its certificate; empty: it has shown none, or nobody has checked it
  std::string version, cipher;  // "TLSv1.3", "TLS_AES_128_GCM_SHA256"
  int cipher_bits = 0;          // strength: 128, 256
};

struct Filter {
  struct Received {
    std::size_t used;   // bytes of the network that are done with
    std::size_t plain;  // bytes put into the caller's memory
  };

  virtual ~Filter() = default;
  // Goes on with the handshake, or decrypts, until the network's bytes are used up, `into` is full, or too much waits
  // to be sent. Both spans are the caller's again afterwards. After an end or a failure everything is used and
  // nothing given.
  virtual Received receive(Bytes network, MutableBytes into) = 0;
  // Encrypts from the front of `plain` and says how much; less than all: send what waits first. Only after the
  // handshake (an assertion); nothing is taken after our close or a failure.
  virtual std::size_t encrypt(Bytes plain) = 0;
  virtual Bytes outgoing() const = 0;  // for the network, in order; stays in place until it was `sent`
  virtual void sent(std::size_t count) = 0;
  virtual void ended() = 0;  // the network brings nothing more
  virtual void close() = 0;  // tells the peer, in order, that nothing more comes. Its bytes may still be received

  virtual FilterState state() const = 0;
  virtual const std::optional<Error>& failure() const = 0;  // there if the state is `failed`
  virtual Peer peer() const = 0;
};

}  // namespace sluice::secure
