#include "io/socket_transport.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>

namespace sluice::io {
namespace {

constexpr std::size_t reads_at_once = 4;
constexpr std::size_t writes_at_once = 16;

// Asio's view of the first few of our buffers; partial reads and writes are normal, so the rest can wait.
template <class Buffer, std::size_t Max>
class Some {
 public:
  template <class Ours>
  explicit Some(std::span<const Ours> buffers) : count_(std::min(Max, buffers.size())) {
    for (std::size_t i = 0; i < count_; ++i) buffers_[i] = Buffer(buffers[i].data(), buffers[i].size());
  }
  const Buffer* begin() const { return buffers_.data(); }
  const Buffer* end() const { return buffers_.data() + count_; }

 private:
  std::array<Buffer, Max> buffers_;
  std::size_t count_;
};

}  // namespace

template <class Protocol>
SocketTransport<Protocol>::SocketTransport(Socket socket, Identity peer)
    : socket_(std::move(socket)), peer_(std::move(peer)) {
  boost::system::error_code ignored;
  // Asio does that by itself, but only with its first own operation.
  static_cast<void>(socket_.native_non_blocking(true, ignored));
}

template <class Protocol>
Task<std::size_t> SocketTransport<Protocol>::read_some(std::span<const MutableBytes> into) {
  const Some<asio::mutable_buffer, reads_at_once> buffers(into);
  boost::system::error_code error;
  const std::size_t count = co_await socket_.async_read_some(buffers, asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::eof) co_return 0;
  if (error) throw boost::system::system_error(error);
  co_return count;
}

template <class Protocol>
Task<std::size_t> SocketTransport<Protocol>::write_some(std::span<const Bytes> from) {
  const Some<asio::const_buffer, writes_at_once> buffers(from);
  co_return co_await socket_.async_write_some(buffers, asio::use_awaitable);
}

template <class Protocol>
Task<> SocketTransport<Protocol>::readable() {
  co_await socket_.async_wait(Socket::wait_read, asio::use_awaitable);
}

template <class Protocol>
Spliced::Moved SocketTransport<Protocol>::splice_in(Spliced& into, std::size_t most) {
  return into.fill(socket_.native_handle(), most);
}

template <class Protocol>
Task<std::size_t> SocketTransport<Protocol>::splice_out(Spliced& from, std::size_t most) {
  for (;;) {
    if (full_) co_await socket_.async_wait(Socket::wait_write, asio::use_awaitable);
    if (!socket_.is_open()) throw boost::system::system_error(asio::error::operation_aborted);
    const std::size_t wanted = std::min(most, from.size());
    const Spliced::Moved moved = from.drain(socket_.native_handle(), wanted);
    full_ = moved.count < wanted;  // so nobody need ask it again before it says that it has room
    if (moved.stop == Spliced::Stop::none) co_return moved.count;
    if (moved.stop != Spliced::Stop::would_wait) throw boost::system::system_error(asio::error::broken_pipe);
  }
}

template <class Protocol>
Task<> SocketTransport<Protocol>::shutdown() {
  boost::system::error_code gone;  // a peer that left first is not worth an error
  static_cast<void>(socket_.shutdown(asio::socket_base::shutdown_send, gone));
  co_return;
}

template <class Protocol>
void SocketTransport<Protocol>::close() noexcept {
  boost::system::error_code ignored;
  static_cast<void>(socket_.close(ignored));
}

template class SocketTransport<asio::local::stream_protocol>;
template class SocketTransport<asio::ip::tcp>;

}  // namespace sluice::io
