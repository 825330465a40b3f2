#pragma once
// Streams over a string, for tests: a sink that keeps what it is given, a source that plays it, either failing or
// waiting where it is told to.
//
//   KeptSink kept;   kept.fails_at = 5'000;
//   KeptSource played(kept.bytes);   played.before_read = [&](std::size_t at) -> Task<> { ... };

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "io/stream.h"

namespace sluice::driver {

struct KeptSink final : io::Sink {
  io::Task<> write(io::Piece piece) override;
  io::Task<> finish() override;
  void abort(Error why) noexcept override { aborted = std::move(why); }

  std::string bytes;
  bool finished = false;
  std::optional<Error> aborted;
  std::size_t fails_at = SIZE_MAX;  // write throws "disk full" rather than hold more
  bool fails_to_finish = false;
  std::function<io::Task<>()> before_write, before_finish;
};

struct KeptSource final : io::Source {
  explicit KeptSource(std::string text, std::size_t piece_max = 100'000) : bytes(std::move(text)), piece(piece_max) {}
  io::Task<io::Piece> read() override;
  void stop(Error why) noexcept override { stopped = std::move(why); }

  std::string bytes;
  std::size_t at = 0, piece;
  std::size_t fails_at = SIZE_MAX;  // read throws "peer went away" instead of going on from there
  std::optional<Error> stopped;
  std::function<io::Task<>(std::size_t at)> before_read;
};

}  // namespace sluice::driver
