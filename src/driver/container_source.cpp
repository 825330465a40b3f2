#include "driver/container_source.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>
#include <variant>

#include "base/assert.h"
#include "io/failure.h"

namespace sluice::driver {
namespace {

constexpr std::uint64_t zeros_once = 64 * 1024;  // of a hole

}  // namespace

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
  if (!section_.empty()) co_return next_of_section();
  if (ended_) co_return io::Piece{};
  saved::Item item = co_await next();
  if (auto* state = std::get_if<saved::State>(&item)) {
    section_.assign(std::move_iterator(state->plain.begin()), std::move_iterator(state->plain.end()));
    for (const Chunk& each : section_) plain_bytes_ += each.size();
    if (progress_) progress_(plain_bytes_);
    co_return next_of_section();
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
  if (bytes_.empty() && hole_ == 0) {
    io::Piece piece = co_await inner_.read();
    if (piece.is_end()) {
      inner_ended_ = true;
      co_return;
    }
    bytes_ = std::move(piece.bytes);
    hole_ = piece.hole;
  }
  if (bytes_.empty()) {
    bytes_ = Chunk::uninitialised(static_cast<std::size_t>(std::min(hole_, zeros_once)));
    std::memset(bytes_.data(), 0, bytes_.size());
    hole_ -= bytes_.size();
  }
  reader_.take(bytes_);
}

io::Piece ContainerSource::next_of_section() {
  io::Piece piece{.bytes = std::move(section_.front())};
  section_.pop_front();
  return piece;
}

}  // namespace sluice::driver
