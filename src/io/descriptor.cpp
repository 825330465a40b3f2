#include "io/descriptor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "io/failure.h"

namespace sluice::io {
namespace {

constexpr std::size_t smallest_offer = 4 * 1024;
constexpr std::size_t largest_offer = 1024 * 1024;

bool is_blocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

bool cancelled(const boost::system::error_code& error) { return error == asio::error::operation_aborted; }

}  // namespace

PolledFd::PolledFd(const Executor& executor, Fd fd) : stream_(executor), was_blocking_(is_blocking(fd.get())) {
  boost::system::error_code error;
  static_cast<void>(stream_.assign(fd.get(), error));
  if (!error) static_cast<void>(stream_.non_blocking(true, error));
  if (error) {
    if (stream_.is_open()) static_cast<void>(stream_.release());
    fail_with_errno("cannot poll a descriptor", error.value());
  }
  static_cast<void>(fd.release());
}

void PolledFd::close() noexcept {
  if (!stream_.is_open()) return;
  if (was_blocking_) {
    const int fd = stream_.native_handle();
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0) ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
  }
  boost::system::error_code ignored;
  static_cast<void>(stream_.close(ignored));
}

FdSource::FdSource(const Executor& executor, Fd fd, FdSourceOptions options)
    : fd_(executor, std::move(fd)), options_(std::move(options)), offer_(smallest_offer) {
  options_.chunk = std::clamp(options_.chunk, smallest_offer, largest_offer);
}

Task<Piece> FdSource::read() {
  boost::system::error_code error;
  if (!stopped_ && options_.await_writer) {
    co_await fd_.stream().async_wait(asio::posix::descriptor_base::wait_read,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (cancelled(error) && !stopped_) throw boost::system::system_error(error);
    options_.await_writer = false;
  }
  if (stopped_) throw Failure(*stopped_);
  Chunk chunk = Chunk::uninitialised(offer_);
  const auto room = asio::buffer(chunk.data(), chunk.size());
  const std::size_t count =
      co_await fd_.stream().async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
  if (stopped_) throw Failure(*stopped_);
  // Linux reports the closing of a terminal's other side as an input/output error.
  if (error == asio::error::eof || error.value() == EIO) co_return Piece{};
  if (cancelled(error)) throw boost::system::system_error(error);
  if (error) fail_with_errno("cannot read " + options_.name, error.value());
  if (count == chunk.size()) offer_ = std::min(offer_ * 4, options_.chunk);
  chunk.truncate(count);
  co_return Piece{.bytes = std::move(chunk)};
}

void FdSource::stop(Error why) noexcept {
  if (stopped_) return;
  stopped_ = std::move(why);
  fd_.close();
}

FdSink::FdSink(const Executor& executor, Fd fd, FdSinkOptions options)
    : fd_(executor, std::move(fd)), options_(std::move(options)) {}

Task<> FdSink::write(Piece piece) {
  static constexpr std::array<std::byte, 64 * 1024> zeros{};
  for (std::uint64_t left = piece.hole; left > 0;) {
    const Bytes some = Bytes(zeros).first(static_cast<std::size_t>(std::min<std::uint64_t>(left, zeros.size())));
    co_await write_all(some);
    left -= some.size();
  }
  co_await write_all(piece.bytes.bytes());
}

Task<> FdSink::write_all(Bytes bytes) {
  while (!bytes.empty() && !failed_) {
    boost::system::error_code error;
    const auto rest = asio::buffer(bytes.data(), bytes.size());
    const std::size_t count =
        co_await fd_.stream().async_write_some(rest, asio::redirect_error(asio::use_awaitable, error));
    bytes = bytes.subspan(count);
    if (failed_ || !error) continue;
    if (cancelled(error)) throw boost::system::system_error(error);
    failed_ = system_failure("cannot write to " + options_.name, error.value());
  }
  if (failed_) throw Failure(*failed_);
}

Task<> FdSink::finish() {
  if (failed_) throw Failure(*failed_);
  if (options_.shut_down_at_finish) {
    ::shutdown(fd_.stream().native_handle(), SHUT_WR);
  } else {
    fd_.close();
  }
  co_return;
}

void FdSink::abort(Error why) noexcept {
  if (failed_) return;
  failed_ = std::move(why);
  fd_.close();
}

}  // namespace sluice::io
