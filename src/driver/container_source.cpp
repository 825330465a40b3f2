#include "driver/container_source.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "io/failure.h"

namespace sluice::driver {
namespace {

constexpr std::uint64_t zeros_once = 64 * 1024;          // of a hole
constexpr std::size_t through_memory_once = 256 * 1024;  // of spliced bytes

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
  if (!section_.empty() || !kept_.empty()) co_return next_of_section();
  if (ended_) co_return io::Piece{};
  saved::Item item = co_await next();
  if (auto* state = std::get_if<saved::State>(&item)) {
    section_.assign(std::move_iterator(state->plain.begin()), std::move_iterator(state->plain.end()));
    for (const Chunk& each : section_) plain_bytes_ += each.size();
    for (const auto& each : kept_) plain_bytes_ += each->size();
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
    const auto keepable = pool_ ? reader_.keepable() : std::nullopt;
    if (keepable) {
      co_await keep(*keepable);
      if (!kept_.empty()) co_return saved::State{};
    } else {
      co_await feed();
    }
  }
}

// Until something is at hand that was not fed yet; false: there is no more.
io::Task<bool> ContainerSource::hold() {
  if (!bytes_.empty() || hole_ != 0 || spliced_) co_return true;
  if (inner_ended_) co_return false;
  io::Piece piece = co_await inner_.read();
  inner_ended_ = piece.is_end();
  bytes_ = std::move(piece.bytes);
  hole_ = piece.hole;
  spliced_ = std::move(piece.spliced);
  co_return !inner_ended_;
}

// As much as completes at most one section: a few bytes of compressed sections may stand for very many plain ones.
io::Task<> ContainerSource::feed() {
  if (!co_await hold()) co_return;
  if (spliced_) {
    bytes_ = Chunk::uninitialised(std::min({spliced_->size(), reader_.wanted(), through_memory_once}));
    static_cast<void>(spliced_->take(bytes_.writable()));
    if (spliced_->size() == 0) spliced_.reset();
  } else if (bytes_.empty()) {
    bytes_ = Chunk::uninitialised(static_cast<std::size_t>(std::min(hole_, zeros_once)));
    std::memset(bytes_.data(), 0, bytes_.size());
    hole_ -= bytes_.size();
  }
  reader_.take(bytes_);
}

void ContainerSource::may_splice() {
  pool_.emplace();
  inner_.may_splice();
}

// --- a section that stays in the kernel
// -------------------------------------------------------------------------------

// Gathers a section in pipes of our own and verifies it there; then kept_ holds it. What cannot stay in the kernel goes
// to the reader as ever.
io::Task<> ContainerSource::keep(std::uint32_t length) {
  Pipes gathering;
  std::uint32_t gathered = 0;
  bool full = true;
  while (gathered < length) {
    const bool more = co_await hold();
    if (!more || !spliced_) break;
    if (full) {
      auto pipe = pool_->take();
      if (!pipe) break;
      gathering.push_back(std::move(pipe));
    }
    const auto moved = gathering.back()->fill(*spliced_, length - gathered);
    full = moved.stop == io::Spliced::Stop::full;
    if (full && gathering.back()->size() == 0) break;
    gathered += static_cast<std::uint32_t>(moved.count);
    if (spliced_->size() == 0) spliced_.reset();
  }
  if (gathered == length && verify(gathering)) {
    kept_ = std::move(gathering);
    co_return;
  }
  for (const auto& each : gathering) {
    if (each->size() == 0) continue;
    Chunk chunk = each->read_out();
    reader_.take(chunk);  // all of it, or the reader failed: never more than the section it waits for
  }
  if (gathered < length) co_await feed();
}

// False: copies to look at cannot be had.
bool ContainerSource::verify(const Pipes& gathered) {
  std::size_t at = 0;
  try {
    for (; at < gathered.size(); ++at) {
      if (at == copies_.size()) copies_.emplace_back();
      if (!copies_[at].of(*gathered[at])) break;
    }
  } catch (const io::Failure&) {
    // No more pipes: at < gathered.size() says so.
  }
  if (at < gathered.size()) {
    copies_.clear();
    return false;
  }
  at = 0;
  const auto show = [this, &at] {
    while (copies_[at].left() == 0) ++at;
    return copies_[at].show();
  };
  io::or_throw(reader_.kept(show));
  return true;
}

io::Piece ContainerSource::next_of_section() {
  if (!kept_.empty()) {
    io::Piece piece{.bytes = {}, .spliced = std::move(kept_.front())};
    kept_.pop_front();
    return piece;
  }
  io::Piece piece{.bytes = std::move(section_.front())};
  section_.pop_front();
  return piece;
}

}  // namespace sluice::driver
