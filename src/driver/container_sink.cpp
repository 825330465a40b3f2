#include "driver/container_sink.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "io/failure.h"

namespace sluice::driver {
namespace {

// From this size on a piece is a section of its own and is not copied.
constexpr std::size_t large_enough = 64 * 1024;
constexpr std::size_t gathered_max = 256 * 1024;

saved::Compression compression(const ContainerOptions& options) {
  return options.zstd ? saved::Compression::zstd : saved::Compression::none;
}

}  // namespace

ContainerSink::ContainerSink(io::Sink& inner, ContainerOptions options)
    : inner_(inner),
      options_(std::move(options)),
      writer_(std::make_shared<saved::Writer>(options_.opening, compression(options_), options_.level)) {}

io::Task<> ContainerSink::begin() {
  if (options_.xml.empty() || options_.xml.size() > saved::xml_plain_max) {
    io::fail(Code::overflow, "the machine's definition has " + std::to_string(options_.xml.size()) +
                                 " bytes; a saved state takes 1 to " + std::to_string(saved::xml_plain_max));
  }
  Buffer front = writer_->header();
  const Buffer xml = writer_->xml(options_.xml);
  front.insert(front.end(), xml.begin(), xml.end());
  co_await send(Chunk::copy_of(front));
}

io::Task<> ContainerSink::write(io::Piece piece) {
  if (piece.spliced) {
    co_await flush();
    co_return co_await section(std::move(piece.spliced));
  }
  if (piece.hole != 0) {
    for (std::uint64_t left = piece.hole; left > 0;) {
      Chunk zeros = Chunk::uninitialised(
          static_cast<std::size_t>(std::min<std::uint64_t>(left, std::uint64_t{saved::section_plain_max})));
      std::memset(zeros.data(), 0, zeros.size());
      left -= zeros.size();
      co_await write(io::Piece{.bytes = std::move(zeros)});
    }
    co_return;
  }
  Chunk rest = std::move(piece.bytes);
  while (rest.size() > saved::section_plain_max) {
    Chunk first = Chunk::copy_of(rest.bytes().first(saved::section_plain_max));
    rest.drop_front(first.size());
    co_await flush();
    co_await section(std::move(first));
  }
  if (rest.size() >= large_enough) {
    co_await flush();
    co_await section(std::move(rest));
    co_return;
  }
  if (gathered_size_ + rest.size() > gathered_max) co_await flush();
  if (gathered_.empty()) gathered_ = Chunk::uninitialised(gathered_max);
  if (!rest.empty()) std::memcpy(gathered_.data() + gathered_size_, rest.data(), rest.size());
  gathered_size_ += rest.size();
}

io::Task<> ContainerSink::flush() {
  if (gathered_size_ == 0) co_return;
  Chunk chunk = std::move(gathered_);
  chunk.truncate(gathered_size_);
  gathered_size_ = 0;
  co_await section(std::move(chunk));
}

io::Task<> ContainerSink::section(Chunk plain) {
  const std::size_t size = plain.size();
  std::pair<Chunk, Chunk> made;
  if (options_.zstd && options_.disk != nullptr) {
    auto compress = [writer = writer_, plain = std::move(plain)]() mutable { return writer->state(std::move(plain)); };
    made = co_await options_.disk->run(std::move(compress));
  } else {
    made = writer_->state(std::move(plain));
  }
  co_await send(std::move(made.first));
  co_await send(std::move(made.second));
  done(size);
}

// Looked at in a copy, for its checksum; the bytes themselves go on inside the kernel.
io::Task<> ContainerSink::section(std::shared_ptr<io::Spliced> plain) {
  const std::size_t size = plain->size();
  ensure(size <= saved::section_plain_max, "who splices gives no more than a section takes");
  if (!looked_at(*plain)) co_return co_await section(plain->read_out());
  co_await send(writer_->state_head(size, [this] { return copy_->show(); }));
  co_await inner_.write(io::Piece{.bytes = {}, .spliced = std::move(plain)});
  done(size);
}

// False: there is no pipe for a copy, or no room in it.
bool ContainerSink::looked_at(io::Spliced& plain) {
  try {
    if (!copy_) copy_.emplace();
  } catch (const io::Failure&) {
    return false;
  }
  return copy_->of(plain);
}

void ContainerSink::done(std::size_t size) {
  plain_bytes_ += size;
  if (options_.progress) options_.progress(plain_bytes_);
}

io::Task<> ContainerSink::finish() {
  co_await flush();
  co_await send(Chunk::copy_of(writer_->end()));
  co_await inner_.finish();
}

io::Task<> ContainerSink::send(Chunk bytes) { co_await inner_.write(io::Piece{.bytes = std::move(bytes)}); }

}  // namespace sluice::driver
