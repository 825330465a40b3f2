#include <exception>

#include "io/failure.h"
#include "io/stream.h"

namespace sluice::io {

Task<std::uint64_t> pump(Source& from, Sink& to) {
  std::uint64_t total = 0;
  std::exception_ptr failed;
  try {
    if (to.takes_spliced()) from.may_splice();
    for (Piece piece = co_await from.read(); !piece.is_end(); piece = co_await from.read()) {
      total += piece.length();
      co_await to.write(std::move(piece));
    }
    co_await to.finish();
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) {
    const Error why = reason(failed);
    from.stop(why);
    to.abort(why);
    std::rethrow_exception(failed);
  }
  co_return total;
}

}  // namespace sluice::io
