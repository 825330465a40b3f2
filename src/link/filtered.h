#pragma once
// FilteredTransport: a transport over a transport, whose bytes go through a Filter: TLS, and whatever else secures a
// connection. Who reads and writes above it, a link or a driver, cannot tell.
//
//   auto secured = std::make_unique<FilteredTransport>(std::move(socket), std::move(tls));
//   co_await secured->open(clock, 10s);                              // the handshake
//   Link link(executor, std::move(secured), ...);
//
// As with every transport one task reads and one writes, on one executor. What the filter has to send of its own accord
// goes before what is written next; a reader sends it only where the connection would stand still otherwise. An
// end that was not announced, damage, and everything else the filter refuses are a Failure with its reason.

#include "io/clock.h"
#include "io/signal.h"
#include "io/transport.h"
#include "secure/filter.h"

namespace sluice::link {

class FilteredTransport final : public io::Transport {
 public:
  FilteredTransport(std::unique_ptr<io::Transport> network, std::unique_ptr<secure::Filter> filter);

  // Until bytes may pass, but no longer than that. Before a Failure is thrown the peer was told why, if it listens.
  io::Task<> open(io::Clock& clock, Duration patience);

  io::Task<std::size_t> read_some(std::span<const MutableBytes> into) override;
  io::Task<std::size_t> write_some(std::span<const Bytes> from) override;
  io::Task<> shutdown() override;
  void close() noexcept override { network_->close(); }
  io::Identity peer() const override;  // after `open` with the name that the peer has proved

 private:
  io::Task<> shake_hands();
  std::size_t receive(MutableBytes into);  // from what has come already
  io::Task<> fill();
  io::Task<> send();
  io::Task<> tell_why();
  void refuse_failed() const;

  const std::unique_ptr<io::Transport> network_;
  const std::unique_ptr<secure::Filter> filter_;
  Chunk room_;                  // what the network brought; small while it brings little
  std::size_t came_ = 0;        // with the last read
  std::uint64_t received_ = 0;  // in all
  Bytes incoming_;              // of it: not used yet
  bool sending_ = false;
  io::Signal sent_;  // of who has to wait while the other task sends
};

}  // namespace sluice::link
