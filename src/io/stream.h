#pragma once
// The one way bytes go: a Source is read until the end, a Sink is written to and finished, `pump` moves all from one to
// the other.
//
//   for (Piece p = co_await from.read(); !p.is_end(); p = co_await from.read()) co_await to.write(std::move(p));
//   co_await to.finish();                                   // returns when the other side is done with the data
//
// Either side may give up and say why: the reader with Source::stop, the writer with Sink::abort; the other side's next
// call throws that error. `pump` finishes its sink and never confirms its source: a restore that has read every byte
// may still fail. A sink around a sink (container, compression) writes its own end in finish and then finishes the
// inner one. One reader and one writer at a time; everything on one executor. Destroying an end that was neither
// finished nor aborted is an abort.
//
// Where both ends can, bytes stay in the kernel: whoever moves them asks the sink, then tells the source.
//
//   if (to.takes_spliced()) from.may_splice();
//
// Who has to fetch bytes first, and holds them meanwhile, waits until they are wanted: a stream that stands still then
// costs nothing but its place.
//
//   co_await to.wanted();  Piece p = co_await from.read();

#include <cstdint>
#include <memory>

#include "base/chunk.h"
#include "base/error.h"
#include "base/limits.h"
#include "io/spliced.h"
#include "io/task.h"

namespace sluice::io {

// Bytes (in memory, or in the kernel), or a hole (so many zero bytes that were not sent), or neither: the clean end.
struct Piece {
  Chunk bytes;
  std::uint64_t hole = 0;
  std::shared_ptr<Spliced> spliced = nullptr;  // only for who said that he takes them
  std::uint32_t frames = 1;                    // it pays for; spliced bytes of several may lie together
  bool is_end() const { return length() == 0; }
  std::uint64_t length() const { return hole != 0 ? hole : spliced ? spliced->size() : bytes.size(); }
  // Its frames' length words: what it takes of a window, so that tiny pieces and holes pay too.
  std::size_t cost() const {
    return std::size_t{limits::frame_head} * frames + (hole != 0 ? 12 : static_cast<std::size_t>(length()));
  }
};

struct Source {
  virtual ~Source() = default;
  virtual Task<Piece> read() = 0;
  virtual void stop(Error why) noexcept = 0;
  virtual void may_splice() {}  // from now on pieces may be spliced ones; they need not be
};

struct Sink {
  virtual ~Sink() = default;
  virtual Task<> write(Piece piece) = 0;
  virtual Task<> finish() = 0;
  virtual void abort(Error why) noexcept = 0;
  virtual bool takes_spliced() const { return false; }
  // Until bytes would be of use: before that nobody need have any ready. Throws what write would, if they never will
  // be.
  virtual Task<> wanted() { co_return; }
};

// Moves everything and finishes the sink; on any failure tells both and rethrows. Returns the plain length moved.
Task<std::uint64_t> pump(Source& from, Sink& to);

}  // namespace sluice::io
