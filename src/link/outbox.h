#pragma once
// Outbox: the sending queue of one stream. The driver or the application writes into it and waits while it is full; the
// link takes bytes out when the session has chosen a frame of this stream.
//
//   co_await outbox.write(piece);  co_await outbox.finish();      // finish: until the owner calls confirm or fail
//   outbox.take(out->body, batch);                                // the link, after session.compose
//
// Small writes are gathered into one chunk while something waits; it leaves when the frame before it has left, never by
// a timer, so a keystroke on an idle connection goes at once.

#include <list>
#include <memory>
#include <optional>

#include "base/limits.h"
#include "io/failure.h"
#include "io/signal.h"
#include "io/stream.h"
#include "link/batch.h"

namespace sluice::link {

class Outbox final : public io::Sink {
 public:
  // Who tells the session.
  struct Owner {
    virtual ~Owner() = default;
    virtual void outbox_ready(std::uint64_t bytes) = 0;
    virtual bool outbox_holes() const = 0;  // may a hole travel as such; else it is sent as zeros
    virtual void outbox_hole(std::uint64_t length) = 0;
    virtual bool outbox_splices() const = 0;       // the transport takes bytes that lie in the kernel
    virtual bool outbox_wanted() const = 0;        // the peer's window has room for more than waits
    virtual std::size_t outbox_limit() const = 0;  // bytes in memory that wait before `write` does, or one piece
    virtual void outbox_end() = 0;                 // once: nothing more will be written
    virtual void outbox_abort(Error why) noexcept = 0;
  };

  explicit Outbox(Owner& owner) : owner_(owner) {}

  io::Task<> write(io::Piece piece) override;
  io::Task<> finish() override;
  void abort(Error why) noexcept override;

  void take(std::uint32_t count, Batch& batch);  // that many bytes from the front, which are there
  void confirm();                                // lets finish return
  void fail(Error why) noexcept;  // write and finish throw; what waits is dropped. The first reason stays
  bool takes_spliced() const override { return owner_.outbox_splices(); }
  io::Task<> wanted() override;
  void window_opened() { changed_.notify(); }
  std::size_t held() const { return held_; }  // bytes that wait
  // Into memory, within it, and out of it into the socket; spliced bytes count nothing.
  std::uint64_t copied() const { return copied_; }
  bool ended() const { return ended_; }
  bool failed() const { return error_.has_value(); }

 private:
  // Bytes that wait. A gathering one has room behind them.
  struct Part {
    std::shared_ptr<Chunk> chunk;
    std::size_t begin, end;
    bool gathers;
    std::shared_ptr<io::Spliced> spliced = nullptr;  // instead of the chunk
  };
  void put(Chunk bytes);
  void put(std::shared_ptr<io::Spliced> bytes);
  io::Task<> write_zeros(std::uint64_t length);
  io::Task<> room(std::size_t bytes, std::size_t most);

  Owner& owner_;
  io::Signal changed_;
  std::list<Part> parts_;  // an empty deque would cost 576 bytes
  std::size_t held_ = 0;
  std::uint64_t copied_ = 0;
  bool ended_ = false, confirmed_ = false;
  std::optional<Error> error_;
};

}  // namespace sluice::link
