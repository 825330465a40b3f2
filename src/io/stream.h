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

#include <cstdint>

#include "base/chunk.h"
#include "base/error.h"
#include "base/limits.h"
#include "io/task.h"

namespace sluice::io {

// Bytes, or a hole (so many zero bytes that were not sent), or neither: the clean end.
struct Piece {
  Chunk bytes;
  std::uint64_t hole = 0;
  bool is_end() const { return bytes.size() == 0 && hole == 0; }
  std::uint64_t length() const { return hole != 0 ? hole : bytes.size(); }
  // Its frame's length word: what it takes of a window, so that tiny pieces and holes pay too.
  std::size_t cost() const { return limits::frame_head + (hole != 0 ? 12 : bytes.size()); }
};

struct Source {
  virtual ~Source() = default;
  virtual Task<Piece> read() = 0;
  virtual void stop(Error why) noexcept = 0;
};

struct Sink {
  virtual ~Sink() = default;
  virtual Task<> write(Piece piece) = 0;
  virtual Task<> finish() = 0;
  virtual void abort(Error why) noexcept = 0;
};

// Moves everything and finishes the sink; on any failure tells both and rethrows. Returns the plain length moved.
Task<std::uint64_t> pump(Source& from, Sink& to);

}  // namespace sluice::io
