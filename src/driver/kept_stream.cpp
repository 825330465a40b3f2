#include "driver/kept_stream.h"

#include <algorithm>

#include "io/failure.h"

namespace sluice::driver {

io::Task<> KeptSink::write(io::Piece piece) {
  if (before_write) co_await before_write();
  if (bytes.size() + piece.length() > fails_at) io::fail(Code::system_error, "disk full");
  if (piece.hole != 0) bytes.append(piece.hole, '\0');
  bytes.append(as_text(piece.bytes.bytes()));
}

io::Task<> KeptSink::finish() {
  if (before_finish) co_await before_finish();
  if (fails_to_finish) io::fail(Code::system_error, "disk full at the end");
  finished = true;
}

io::Task<io::Piece> KeptSource::read() {
  if (before_read) co_await before_read(at);
  const std::size_t count = std::min({piece, bytes.size() - at, fails_at - std::min(fails_at, at)});
  if (at >= fails_at) io::fail(Code::system_error, "peer went away");
  if (count == 0) co_return io::Piece{};
  io::Piece out{.bytes = Chunk::copy_of(as_bytes(std::string_view(bytes).substr(at, count)))};
  at += count;
  co_return out;
}

}  // namespace sluice::driver
