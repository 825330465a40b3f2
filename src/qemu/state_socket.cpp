#include "qemu/state_socket.h"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/assert.h"
#include "io/failure.h"
#include "saved/container.h"

namespace sluice::qemu {
namespace {

// So that QEMU and we both find work whenever we look. Root may pass the host's usual limit.
constexpr int buffered = 4 * 1024 * 1024;

void enlarge(const io::Fd& socket) {
  const int wanted = buffered;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof wanted) == 0) return;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
}

// A QEMU that died leaves a reset; whether all was sent is for its monitor to say.
bool has_ended(const boost::system::error_code& error) {
  return error == asio::error::eof || error == asio::error::connection_reset;
}

}  // namespace

StatePair make_state_pair() {
  io::FdPair pair = io::make_socket_pair();
  enlarge(pair.first);
  enlarge(pair.second);
  return {.ours = std::move(pair.first), .qemus = std::move(pair.second)};
}

StateSocket::StateSocket(const io::Executor& executor, io::Fd socket, io::Clock& clock, Duration silence)
    : socket_(executor), clock_(clock), silence_(silence) {
  boost::system::error_code error;
  static_cast<void>(socket_.assign(asio::local::stream_protocol(), socket.get(), error));
  if (error) io::fail_with_errno("cannot watch the socket of a machine's state", error.value());
  static_cast<void>(socket.release());
  static_cast<void>(socket_.native_non_blocking(true, error));
  if (error) io::fail_with_errno("cannot watch the socket of a machine's state", error.value());
}

io::Task<> StateSocket::watch() {
  for (;;) {
    const Instant now = clock_.now();
    const Instant since = waiting_since_.value_or(now);
    if (now - since >= silence_) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(silence_).count();
      io::fail(Code::operation_timeout,
               "QEMU neither sent nor took any of the machine's state for " + std::to_string(seconds) + " s",
               ErrorDomain::qemu);
    }
    co_await clock_.sleep_until(since + silence_);
  }
}

void StateSocket::close() noexcept {
  boost::system::error_code ignored;
  static_cast<void>(socket_.close(ignored));
}

io::Task<io::Piece> StateSource::read() {
  if (ended_) co_return io::Piece{};
  io::Piece piece;
  if (pool_) piece.spliced = pool_->take();
  if (piece.spliced) {
    co_await fill(*piece.spliced);
  } else {
    piece.bytes = Chunk::uninitialised(saved::section_plain_max);
    piece.bytes.truncate(co_await fill(piece.bytes.writable()));
  }
  bytes_ += piece.length();
  co_return piece;
}

io::Task<std::size_t> StateSource::fill(MutableBytes room) {
  std::size_t filled = 0;
  while (filled < room.size()) {
    const Turn turn(*this);
    boost::system::error_code error;
    const auto rest = asio::buffer(room.data() + filled, room.size() - filled);
    filled += co_await socket_.async_read_some(rest, asio::redirect_error(asio::use_awaitable, error));
    if (has_ended(error)) {
      ended_ = true;
      break;
    }
    if (error) throw boost::system::system_error(error);
  }
  co_return filled;
}

io::Task<> StateSource::fill(io::Spliced& spliced) {
  while (spliced.size() < saved::section_plain_max) {
    if (!socket_.is_open()) throw boost::system::system_error(asio::error::operation_aborted);
    io::Spliced::Moved moved;
    try {
      moved = spliced.fill(socket_.native_handle(), saved::section_plain_max - spliced.size());
    } catch (const boost::system::system_error& failed) {
      if (!has_ended(failed.code())) throw;
      moved.stop = io::Spliced::Stop::ended;
    }
    switch (moved.stop) {
      case io::Spliced::Stop::none: continue;
      case io::Spliced::Stop::full: co_return;
      case io::Spliced::Stop::ended: ended_ = true; co_return;
      case io::Spliced::Stop::would_wait: break;
      case io::Spliced::Stop::unsupported: io::fail(Code::internal_error, "a socket cannot be spliced");
    }
    const Turn turn(*this);
    co_await socket_.async_wait(boost::asio::socket_base::wait_read, asio::use_awaitable);
  }
}

io::Task<> StateSink::write(io::Piece piece) {
  ensure(piece.hole == 0, "a container gives out bytes");
  const Turn turn(*this);
  std::exception_ptr failed;
  try {
    if (piece.spliced) {
      co_await write(*piece.spliced);
    } else {
      co_await write(std::move(piece.bytes));
    }
    co_return;
  } catch (const boost::system::system_error& error) {
    failed = std::current_exception();
    if (error.code() == asio::error::broken_pipe || error.code() == asio::error::connection_reset) failed = nullptr;
  }
  if (failed) std::rethrow_exception(failed);
  io::fail(Code::operation_failed, "QEMU does not take the machine's state", ErrorDomain::qemu);
}

io::Task<> StateSink::write(io::Spliced& spliced) {
  while (spliced.size() > 0) {
    if (!socket_.is_open()) throw boost::system::system_error(asio::error::operation_aborted);
    const auto moved = spliced.drain(socket_.native_handle(), spliced.size());
    if (moved.stop == io::Spliced::Stop::none) continue;
    if (moved.stop != io::Spliced::Stop::would_wait) throw boost::system::system_error(asio::error::broken_pipe);
    co_await socket_.async_wait(boost::asio::socket_base::wait_write, asio::use_awaitable);
  }
}

// Not Asio's async_write, which hands over 64 KiB at a time.
io::Task<> StateSink::write(Chunk bytes) {
  while (!bytes.empty()) {
    const auto rest = asio::buffer(bytes.data(), bytes.size());
    const std::size_t count = co_await socket_.async_write_some(rest, asio::use_awaitable);
    bytes.drop_front(count);
  }
}

io::Task<> StateSink::finish() {
  close();
  co_return;
}

}  // namespace sluice::qemu
