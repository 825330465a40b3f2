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
  io::Piece piece{.bytes = Chunk::uninitialised(saved::section_plain_max)};
  std::size_t filled = 0;
  while (filled < piece.bytes.size()) {
    const Turn turn(*this);
    boost::system::error_code error;
    const auto room = asio::buffer(piece.bytes.data() + filled, piece.bytes.size() - filled);
    const std::size_t count = co_await socket_.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
    filled += count;
    // A QEMU that died leaves a reset; whether all was sent is for its monitor to say.
    if (error == asio::error::eof || error == asio::error::connection_reset) {
      ended_ = true;
      break;
    }
    if (error) throw boost::system::system_error(error);
  }
  piece.bytes.truncate(filled);
  bytes_ += filled;
  co_return piece;
}

io::Task<> StateSink::write(io::Piece piece) {
  ensure(piece.hole == 0, "a container gives out bytes");
  const Turn turn(*this);
  // Not Asio's async_write, which hands over 64 KiB at a time.
  for (Chunk rest = std::move(piece.bytes); !rest.empty();) {
    boost::system::error_code error;
    const auto bytes = asio::buffer(rest.data(), rest.size());
    const std::size_t count =
        co_await socket_.async_write_some(bytes, asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::broken_pipe || error == asio::error::connection_reset) {
      io::fail(Code::operation_failed, "QEMU does not take the machine's state", ErrorDomain::qemu);
    }
    if (error) throw boost::system::system_error(error);
    rest.drop_front(count);
  }
}

io::Task<> StateSink::finish() {
  close();
  co_return;
}

}  // namespace sluice::qemu
