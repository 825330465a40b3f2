#pragma once
// Our end of the socket through which QEMU sends or takes a machine's state: a Source while it is saved, a Sink while
// it is restored. A QEMU that does neither for too long while we wait for it is not working any more; the time during
// which it waits for us does not count.
//
//   StatePair pair = make_state_pair();                        // pair.qemus goes to QEMU with getfd
//   StateSource state(executor, std::move(pair.ours), clock, deadlines.silence);
//   scope.spawn(state.watch());                                // throws when QEMU stays silent
//   co_await pump(state, container);

#include <boost/asio/local/stream_protocol.hpp>
#include <optional>
#include <string>

#include "io/clock.h"
#include "io/fd.h"
#include "io/stream.h"

namespace sluice::qemu {

struct StatePair {
  io::Fd ours, qemus;
};
StatePair make_state_pair();

class StateSocket {
 public:
  StateSocket(const io::Executor& executor, io::Fd socket, io::Clock& clock, Duration silence);
  // Until it is cancelled, or QEMU kept us waiting for longer than it may.
  io::Task<> watch();
  void close() noexcept;

 protected:
  // Marks the time in which it is QEMU's turn.
  class Turn {
   public:
    explicit Turn(StateSocket& socket) : socket_(socket) { socket_.waiting_since_ = socket_.clock_.now(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { socket_.waiting_since_.reset(); }

   private:
    StateSocket& socket_;
  };
  ~StateSocket() = default;

  boost::asio::local::stream_protocol::socket socket_;

 private:
  io::Clock& clock_;
  Duration silence_;
  std::optional<Instant> waiting_since_;
};

class StateSource final : public io::Source, public StateSocket {
 public:
  using StateSocket::StateSocket;
  io::Task<io::Piece> read() override;  // pieces of a section's size: nobody is woken more often than that
  void stop(Error) noexcept override { close(); }
  void may_splice() override { pool_.emplace(); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  io::Task<> fill(io::Spliced& spliced);
  io::Task<std::size_t> fill(MutableBytes room);

  std::uint64_t bytes_ = 0;
  bool ended_ = false;
  std::optional<io::SplicePool> pool_;
};

class StateSink final : public io::Sink, public StateSocket {
 public:
  using StateSocket::StateSocket;
  io::Task<> write(io::Piece piece) override;
  io::Task<> finish() override;  // QEMU reads an end
  void abort(Error) noexcept override { close(); }
  bool takes_spliced() const override { return true; }

 private:
  io::Task<> write(io::Spliced& spliced);
  io::Task<> write(Chunk bytes);
};

}  // namespace sluice::qemu
