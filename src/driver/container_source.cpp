#include "driver/container_source.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <variant>

#include "base/assert.h"
#include "io/failure.h"

namespace sluice::driver {

io::Task<saved::Opening> ContainerSource::opening() {
  saved::Item item = co_await next();
  ensure(std::holds_alternative<saved::Opening>(item), "a container's reader gives the header first");
  co_return std::get<saved::Opening>(item);
}

io::Task<std::string> ContainerSource::xml() {
  saved::Item item = co_await next();
  ensure(std::holds_alternative<saved::Xml>(item), "a container's reader gives the definition after the header");
  co_return std::move(std::get<saved::Xml>(item).text);
}

io::Task<io::Piece> ContainerSource::read() {
  if (ended_) co_return io::Piece{};
  saved::Item item = co_await next();
  if (auto* state = std::get_if<saved::State>(&item)) {
    plain_bytes_ += state->plain.size();
    if (progress_) progress_(plain_bytes_);
    co_return io::Piece{.bytes = std::move(state->plain)};
  }
  ensure(std::holds_alternative<saved::End>(item), "a container's reader gives state or the end");
  // The end mark is not enough: what follows it, or a failure of the one who sends, makes the whole suspect.
  while (!inner_ended_) {
    co_await feed();
    io::or_throw(reader_.next());
  }
  io::or_throw(reader_.finish());
  ended_ = true;
  co_return io::Piece{};
}

io::Task<saved::Item> ContainerSource::next() {
  for (;;) {
    std::optional<saved::Item> item = io::or_throw(reader_.next());
    if (item) co_return std::move(*item);
    if (inner_ended_) {
      io::or_throw(reader_.finish());
      io::fail(Code::operation_failed, "the saved state was read to its end already");
    }
    co_await feed();
  }
}

// As much as completes at most one section: a few bytes of compressed sections may stand for very many plain ones.
io::Task<> ContainerSource::feed() {
  if (held_.is_end()) held_ = co_await inner_.read();
  if (held_.is_end()) {
    inner_ended_ = true;
    co_return;
  }
  const MutableBytes room = reader_.room();
  ensure(!room.empty(), "a reader that did not fail takes bytes");
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), held_.length()));
  if (held_.hole != 0) {
    std::memset(room.data(), 0, count);
    held_.hole -= count;
  } else {
    std::memcpy(room.data(), held_.bytes.data(), count);
    held_.bytes.drop_front(count);
  }
  reader_.fed(count);
}

}  // namespace sluice::driver
