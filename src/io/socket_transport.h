#pragma once
// The transport over a connected stream socket, of whichever family. Unix sockets splice; over TCP that was measured to
// be slower than copying.
//
//   return std::make_unique<SocketTransport<asio::ip::tcp>>(std::move(socket), identity);

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>

#include "io/transport.h"

namespace sluice::io {

template <class Protocol>
class SocketTransport final : public Transport, public Splicing {
 public:
  using Socket = typename Protocol::socket;
  SocketTransport(Socket socket, Identity peer);  // takes a connected socket

  Task<std::size_t> read_some(std::span<const MutableBytes> into) override;
  Task<std::size_t> write_some(std::span<const Bytes> from) override;
  Task<> shutdown() override;
  void close() noexcept override;
  Identity peer() const override { return peer_; }
  Splicing* splicing() override { return std::is_same_v<Protocol, asio::local::stream_protocol> ? this : nullptr; }

  Task<> readable() override;
  Spliced::Moved splice_in(Spliced& into, std::size_t most) override;
  Task<std::size_t> splice_out(Spliced& from, std::size_t most) override;

 private:
  Socket socket_;
  bool full_ = false;  // when it was asked last
  const Identity peer_;
};

extern template class SocketTransport<asio::local::stream_protocol>;
extern template class SocketTransport<asio::ip::tcp>;

// About one chunk: what the kernel already took cannot be overtaken by a reply. (Of a send buffer the kernel doubles
// the number, and counts its own overhead against it.)
inline constexpr int unsent_in_kernel = 256 * 1024;

// The next client of an acceptor. Out of descriptors or memory it pauses and tries again: the client stays in the
// kernel's queue until others have left. Closing the acceptor and cancelling the pause ends it with operation_aborted.
template <class Protocol>
Task<typename Protocol::socket> accept_patiently(typename Protocol::acceptor& acceptor, asio::steady_timer& pause,
                                                 Executor lives_on) {
  for (;;) {
    boost::system::error_code error;
    auto socket = co_await acceptor.async_accept(lives_on, asio::redirect_error(asio::use_awaitable, error));
    if (!error) co_return typename Protocol::socket(std::move(socket));
    // What accept(2) passes on of a client's network is no reason either; only a listener that is none any more is.
    const bool over = error == asio::error::operation_aborted || error == asio::error::bad_descriptor ||
                      error == asio::error::invalid_argument || error == asio::error::not_socket;
    if (over) throw boost::system::system_error(error);
    pause.expires_after(std::chrono::milliseconds(50));
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (!acceptor.is_open()) throw boost::system::system_error(asio::error::operation_aborted);
  }
}

}  // namespace sluice::io
