#include "io/descriptor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
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

// Terminals and the like do not.
bool can_splice(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
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
  if (pool_) {
    if (auto piece = co_await read_spliced()) co_return std::move(*piece);
  }
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

void FdSource::may_splice() {
  if (!stopped_ && !pool_ && can_splice(fd_.stream().native_handle())) pool_.emplace();
}

Task<std::optional<Piece>> FdSource::read_spliced() {
  std::shared_ptr<Spliced> spliced = pool_->take();
  while (spliced) {
    Spliced::Moved moved;
    try {
      moved = spliced->fill(fd_.stream().native_handle(), Spliced::capacity);
    } catch (const boost::system::system_error& failed) {
      fail_with_errno("cannot read " + options_.name, failed.code().value());
    }
    switch (moved.stop) {
      case Spliced::Stop::none: co_return Piece{.bytes = {}, .spliced = std::move(spliced)};
      case Spliced::Stop::ended: co_return Piece{};
      case Spliced::Stop::full:
      case Spliced::Stop::unsupported: pool_.reset(); co_return std::nullopt;
      case Spliced::Stop::would_wait: break;
    }
    boost::system::error_code error;
    co_await fd_.stream().async_wait(asio::posix::descriptor_base::wait_read,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (stopped_) throw Failure(*stopped_);
    if (cancelled(error)) throw boost::system::system_error(error);
    if (error) fail_with_errno("cannot read " + options_.name, error.value());
  }
  co_return std::nullopt;
}

void FdSource::stop(Error why) noexcept {
  if (stopped_) return;
  stopped_ = std::move(why);
  fd_.close();
}

FdSink::FdSink(const Executor& executor, Fd fd, FdSinkOptions options)
    : fd_(executor, std::move(fd)), options_(std::move(options)), splices_(can_splice(fd_.stream().native_handle())) {}

Task<> FdSink::write(Piece piece) {
  if (piece.spliced) co_return co_await write_spliced(*piece.spliced);
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
    if (error) failed_to_write(error);
  }
  if (failed_) throw Failure(*failed_);
}

Task<> FdSink::write_spliced(Spliced& bytes) {
  while (bytes.size() > 0 && !failed_) {
    boost::system::error_code error;
    try {
      const Spliced::Moved moved = bytes.drain(fd_.stream().native_handle(), bytes.size());
      if (moved.stop == Spliced::Stop::unsupported) co_return co_await write_all(bytes.read_out().bytes());
      if (moved.stop == Spliced::Stop::none) {
        co_await asio::post(fd_.stream().get_executor(), asio::use_awaitable);  // others take their turns
        continue;
      }
    } catch (const boost::system::system_error& failed) {
      error = failed.code();
    }
    if (!error) {
      co_await fd_.stream().async_wait(asio::posix::descriptor_base::wait_write,
                                       asio::redirect_error(asio::use_awaitable, error));
    }
    if (error) failed_to_write(error);
  }
  if (failed_) throw Failure(*failed_);
}

void FdSink::failed_to_write(const boost::system::error_code& error) {
  if (failed_) return;
  if (cancelled(error)) throw boost::system::system_error(error);
  failed_ = system_failure("cannot write to " + options_.name, error.value());
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
