#pragma once
// TCP. By itself it says nothing of who the peer is and hides nothing from those who listen on the way, so both ends
// refuse any address but the loopback's, unless something above secures it.
//
//   TcpListener listener(executor, {.address = "127.0.0.1", .port = 16509});
//   for (;;) serve(co_await listener.accept(loops.next()));
//
//   auto transport = co_await connect_tcp("localhost", 16509);      // lives on the executor of the caller

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "io/socket_transport.h"

namespace sluice::io {

struct TcpAddress {
  std::string address;     // a number: "127.0.0.1", "::1"
  std::uint16_t port = 0;  // 0: any that is free

  // "127.0.0.1:16509", "[::1]:16509", or without a port if there is one by default. A Failure (Code::invalid_arg) says
  // what is wrong with it.
  static TcpAddress parse(const std::string& text, std::optional<std::uint16_t> default_port);
};

// With whom: on this machine only, or, where a filter above it secures what goes over it, anywhere.
enum class Reach : std::uint8_t { this_machine, anywhere };

// Tries each address of the name in turn. A Failure (Code::no_connect) names both.
Task<std::unique_ptr<Transport>> connect_tcp(std::string host, std::uint16_t port, Reach reach = Reach::this_machine);

class TcpListener final : public Listener {
 public:
  // Listens when it returns.
  TcpListener(const Executor& executor, const TcpAddress& where, Reach reach = Reach::this_machine);
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;
  ~TcpListener() override { close(); }

  Task<std::unique_ptr<Transport>> accept(Executor lives_on) override;
  void close() noexcept;  // pending accept fails with operation_aborted
  std::uint16_t port() const { return port_; }
  std::string text() const;  // "127.0.0.1:16509"

 private:
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::uint16_t port_ = 0;
};

}  // namespace sluice::io
