#pragma once
// Exchange: where the threads of an application and the loop meet over one stream. The application's side blocks, or
// never does; the loop's side are tasks. Both see the same two bounded queues under one lock.
//
//   application                                   loop (carry.h)
//   exchange->write(bytes);                       co_await exchange->to_wire(outgoing.out());
//   exchange->read(room);                         co_await exchange->from_wire(outgoing.in());
//   exchange->finish();   exchange->abort(why);   exchange->settle(result);
//
// A whole transfer from or to a file is done by the loop alone: the application hands over a Feeder or a Drainer.

#include <array>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "client/engine.h"
#include "client/loan.h"
#include "io/signal.h"
#include "io/stream.h"
#include "remote/proc.h"
#include "sluice/stream.h"

namespace sluice::client {

// What the application may do with a stream; the client's end of one writes where the server's end reads.
struct Directions {
  bool writes, reads;
  bool sparse;  // holes of files are sent as holes
  static Directions of_client(const remote::Proc& proc, Bytes fields) {
    return {.writes = proc.stream != remote::Streaming::down,
            .reads = proc.stream != remote::Streaming::up,
            .sparse = remote::asks_for_holes(proc, fields)};
  }
  static Directions of_server(const remote::Proc& proc, Bytes fields) {
    return {.writes = proc.stream != remote::Streaming::up,
            .reads = proc.stream != remote::Streaming::down,
            .sparse = remote::asks_for_holes(proc, fields)};
  }
};

enum class Ready : std::uint8_t { writable, readable, finished };

class Exchange final : public std::enable_shared_from_this<Exchange> {
 public:
  using Feeder = std::function<io::Task<>(io::Sink& to)>;       // writes everything; does not finish
  using Drainer = std::function<io::Task<>(io::Source& from)>;  // reads to the end

  Exchange(std::shared_ptr<Engine> engine, Directions may);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // --- the application's side, on any of its threads
  void write(Bytes bytes);
  void lend(Bytes bytes, Loan& loan);  // does not wait: the bytes are the stream's until the loan is over
  std::size_t try_write(Bytes bytes);
  void write_hole(std::uint64_t length);
  bool try_write_hole(std::uint64_t length);
  std::size_t read(MutableBytes into);
  std::optional<std::size_t> try_read(MutableBytes into);
  SparseRead read_sparse(MutableBytes into);
  std::optional<SparseRead> try_read_sparse(MutableBytes into);
  Buffer finish();
  void begin_finish();
  std::optional<Buffer> finished();
  void abort(Error why) noexcept;
  std::optional<Error> failure() const;
  void tell(Ready when, std::function<void()> told);  // once, when it is so; an empty one unsets
  void feed(Feeder feeder);
  void drain(Drainer drainer);
  // Waits until the loop is done with the stream or the time is over; says which. Then finished() tells how it went.
  bool wait_over(std::chrono::milliseconds most);
  void limit(std::uint64_t bytes_per_second);      // from soon on; 0: none
  void weigh(std::uint32_t weight);                // likewise; within its bounds
  void keep(std::shared_ptr<void> until_dropped);  // the connection lasts as long as the application holds the stream
  void drop() noexcept;                            // the application lets go
  Engine& engine() { return *engine_; }
  const Directions& may() const { return may_; }

  // --- the loop's side
  [[nodiscard]] bool begin();            // it takes the stream on. False: the application gave it up before
  io::Task<> to_wire(io::Sink* out);     // until the application has finished: all it wrote. Null: it only reads
  io::Task<> from_wire(io::Source& in);  // until the end, or until it is settled
  io::Task<> until_given_up();           // aborted or failed
  struct Steering {
    std::function<void(std::uint64_t bytes_per_second)> limit;
    std::function<void(std::uint32_t weight)> weigh;
  };
  void steered_by(Steering steering);  // who is told limits and weights; an empty one: nobody
  // The application wants to write, read or finish, or something else is so, and look was called after it became so.
  io::Task<> until_used(std::function<bool()> or_else = {});
  void look() { used_signal_.notify(); }
  void settle(Buffer result);
  void fail(Error why, bool connection_lost);  // the first reason stays
  void over();                                 // the loop will not touch it again

 private:
  enum class State : std::uint8_t { open, finishing, done, failed };
  struct Part {  // bytes that wait to be sent, or a hole; a gathering one has room behind them
    Chunk chunk;
    std::size_t used = 0;
    bool gathers = false;
    std::uint64_t hole = 0;
    std::size_t held() const;  // of what may be held; lent bytes cost nothing
  };
  struct Watch {
    std::function<void()> told;
    bool wanted = true;
  };
  class Rest;  // what was read and not yet given out, then what still comes

  // With the lock held:
  void refuse_unwritable(const char* what) const;
  void throw_if_failed() const;
  bool is(Ready when) const;
  bool settled() const { return state_ == State::done || state_ == State::failed; }
  std::size_t room() const;
  std::size_t put(Bytes bytes);
  void put_hole(std::uint64_t length);
  bool may_read(const char* what);  // the end, or something is there; throws if neither will ever be
  std::size_t take(MutableBytes into);
  std::size_t take_front(MutableBytes into);
  SparseRead take_sparse(MutableBytes into);
  void changed();  // wakes everybody whose condition may have come true
  void wake();     // the loop's tasks look again

  const std::shared_ptr<Engine> engine_;
  const Directions may_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::open;
  bool begun_ = false, used_ = false, in_ended_ = false, over_ = false, connection_lost_ = false, wake_pending_ = false;
  std::optional<Error> failure_;
  Buffer result_;
  std::list<Part> out_;  // an empty deque would cost 576 bytes
  std::size_t out_held_ = 0;
  std::list<io::Piece> in_;
  std::uint64_t in_held_ = 0;
  std::vector<Chunk> spent_;  // goes back to the loop, whose memory it is
  std::array<Watch, 3> watches_;
  Feeder feeder_;
  Drainer drainer_;
  std::shared_ptr<void> kept_;

  // The loop's alone:
  io::Signal to_wire_, from_wire_, given_up_, used_signal_;
  std::optional<std::uint64_t> limit_;   // if one was ever set
  std::optional<std::uint32_t> weight_;  // likewise
  Steering steering_;
};

}  // namespace sluice::client
