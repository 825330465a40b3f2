#pragma once
// Pipe: a bounded queue with a Sink end and a Source end; one writer, one reader, one executor.
//
// Its limit is what `write` waits for; `push` never waits and is for a connection's reader, which something else
// bounds: the window, or the brake. `Taken` returns what was taken out, or dropped, as credit. `finish` completes when
// the reader's side called `confirm`.

#include <functional>
#include <list>
#include <optional>

#include "io/failure.h"
#include "io/signal.h"
#include "io/stream.h"

namespace sluice::io {

class Pipe final : public Source, public Sink {
 public:
  using Taken = std::function<void(std::size_t cost)>;
  explicit Pipe(std::size_t limit, Taken taken = {}) : limit_(limit), taken_(std::move(taken)) {}

  Task<Piece> read() override;
  void stop(Error why) noexcept override { fail(std::move(why)); }
  void may_splice() override { pool_.emplace(); }

  Task<> write(Piece piece) override;
  Task<> finish() override;
  void abort(Error why) noexcept override { fail(std::move(why)); }

  void push(Piece piece);  // throws the error of a pipe that failed
  void end();              // no more will be pushed
  void confirm();          // lets finish complete
  bool failed() const { return error_.has_value(); }

  // For a connection's reader whose transport can splice: where the next bytes go. Null: through memory, with push.
  bool splices() const { return pool_.has_value() && !error_ && state_ == State::open; }
  std::shared_ptr<Spliced> splice_room();
  void spliced(std::size_t count, bool frame_complete);  // that many bytes came into it
  void splice_full() { filling_.reset(); }               // it has no room for more
  std::size_t held() const { return held_; }             // cost of what waits

 private:
  enum class State : std::uint8_t { open, ended, confirmed };
  void fail(Error why) noexcept;  // the first reason wins; nothing fails after confirm

  Signal readable_, writable_;
  std::size_t limit_, held_ = 0;
  std::list<Piece> queue_;  // an empty deque would cost 576 bytes
  State state_ = State::open;
  std::optional<Error> error_;
  Taken taken_;
  std::optional<SplicePool> pool_;  // the consumer takes spliced pieces
  std::shared_ptr<Spliced>
      filling_;  // the last piece, or none yet; its size is its owner's, who is the filler till then
};

}  // namespace sluice::io
