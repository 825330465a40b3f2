#include "io/tcp_socket.h"

#include <netinet/tcp.h>

#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <sstream>

#include "io/failure.h"

namespace sluice::io {
namespace {

using asio::ip::tcp;
using TcpTransport = SocketTransport<tcp>;

std::string text_of(const tcp::endpoint& endpoint) {
  std::ostringstream out;
  out << endpoint;
  return out.str();
}

[[noreturn]] void refuse_unsafe(const std::string& doing, const std::string& address) {
  fail(Code::invalid_arg, doing +
                              ": plain TCP is neither authenticated nor encrypted, so only addresses of this "
                              "machine are allowed, and '" +
                              address + "' is none");
}

std::unique_ptr<Transport> transport_over(TcpTransport::Socket socket) {
  boost::system::error_code ignored;  // smaller waits, not conditions of working
  static_cast<void>(socket.set_option(tcp::no_delay(true), ignored));
  // A peer that lost its power says nothing: after two minutes it is gone.
  using Idle = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  using Interval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
  using Count = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
  static_cast<void>(socket.set_option(asio::socket_base::keep_alive(true), ignored));
  static_cast<void>(socket.set_option(Idle(60), ignored));
  static_cast<void>(socket.set_option(Interval(15), ignored));
  static_cast<void>(socket.set_option(Count(4), ignored));
  using UnsentMax = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;
  static_cast<void>(socket.set_option(UnsentMax(unsent_in_kernel), ignored));
  const tcp::endpoint peer = socket.remote_endpoint(ignored);
  Identity identity{.transport = "tcp", .uid = {}, .gid = {}, .pid = {}, .address = text_of(peer)};
  return std::make_unique<TcpTransport>(std::move(socket), std::move(identity));
}

}  // namespace

TcpAddress TcpAddress::parse(const std::string& text, std::optional<std::uint16_t> default_port) {
  const auto refuse = [&text](const std::string& why) {
    fail(Code::invalid_arg, "'" + text + "' is no address to listen on: " + why);
  };
  std::string address = text, port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string::npos) refuse("its '[' is not closed");
    if (close + 1 < text.size() && text[close + 1] != ':') refuse("only a port may follow its ']'");
    address = text.substr(1, close - 1);
    if (close + 1 < text.size()) port = text.substr(close + 2);
    if (close + 2 == text.size()) refuse("its port is missing");
  } else if (const std::size_t colon = text.find(':'); colon != std::string::npos && colon == text.rfind(':')) {
    address = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) refuse("its port is missing");
  }
  TcpAddress where{.address = address, .port = default_port.value_or(0)};
  boost::system::error_code error;
  static_cast<void>(asio::ip::make_address(address, error));
  if (error) refuse("'" + address + "' is no number of a host");
  if (port.empty() && !default_port) refuse("its port is missing");
  if (!port.empty()) {
    const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), where.port);
    if (failed != std::errc() || end != port.data() + port.size()) refuse("'" + port + "' is no port");
  }
  return where;
}

Task<std::unique_ptr<Transport>> connect_tcp(std::string host, std::uint16_t port, Reach reach) {
  const Executor executor = co_await asio::this_coro::executor;
  const std::string doing = "cannot connect to '" + host + "' port " + std::to_string(port);
  const auto refused = [&doing](const boost::system::error_code& error) {
    return Failure(
        Error{.code = Code::no_connect, .message = doing + ": " + error.message(), .os_error = error.value()});
  };
  boost::system::error_code error;
  tcp::resolver resolver(executor);
  const auto found =
      co_await resolver.async_resolve(host, std::to_string(port), asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  if (error) throw refused(error);
  for (const auto& entry : found) {
    const tcp::endpoint endpoint = entry.endpoint();
    if (reach == Reach::this_machine && !endpoint.address().is_loopback()) {
      refuse_unsafe(doing, endpoint.address().to_string());
    }
    tcp::socket socket(executor);
    co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    if (!error) co_return transport_over(std::move(socket));
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  }
  throw refused(error);
}

TcpListener::TcpListener(const Executor& executor, const TcpAddress& where, Reach reach)
    : acceptor_(executor), pause_(executor) {
  const tcp::endpoint endpoint(asio::ip::make_address(where.address), where.port);
  const std::string doing = "cannot listen on '" + text_of(endpoint) + "'";
  if (reach == Reach::this_machine && !endpoint.address().is_loopback()) refuse_unsafe(doing, where.address);
  boost::system::error_code error;
  static_cast<void>(acceptor_.open(endpoint.protocol(), error));
  if (!error) static_cast<void>(acceptor_.set_option(asio::socket_base::reuse_address(true), error));
  if (!error) static_cast<void>(acceptor_.bind(endpoint, error));
  if (!error) static_cast<void>(acceptor_.listen(asio::socket_base::max_listen_connections, error));
  if (error) fail_with_errno(doing, error.value());
  port_ = acceptor_.local_endpoint().port();
}

std::string TcpListener::text() const { return text_of(acceptor_.local_endpoint()); }

void TcpListener::close() noexcept {
  boost::system::error_code ignored;
  static_cast<void>(acceptor_.close(ignored));
  static_cast<void>(pause_.cancel());
}

Task<std::unique_ptr<Transport>> TcpListener::accept(Executor lives_on) {
  co_return transport_over(co_await accept_patiently<tcp>(acceptor_, pause_, std::move(lives_on)));
}

}  // namespace sluice::io
