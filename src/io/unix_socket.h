#pragma once
// Unix stream sockets: the transport of local clients, with the kernel's word on who the peer is.
//
//   UnixListener listener(executor, {.path = "/run/sluice/sluice-sock", .mode = 0660});
//   for (;;) serve(co_await listener.accept(loops.next()));             // a Transport living on that executor
//
//   auto transport = co_await connect_unix("/run/sluice/sluice-sock");  // lives on the executor of the caller

#include <sys/types.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "io/fd.h"
#include "io/transport.h"

namespace sluice::io {

class UnixTransport final : public Transport, public Splicing {
 public:
  using Socket = asio::local::stream_protocol::socket;
  // Takes a connected socket; asks the kernel for the peer's credentials and keeps little unsent data in the kernel.
  explicit UnixTransport(Socket socket);

  Task<std::size_t> read_some(std::span<const MutableBytes> into) override;
  Task<std::size_t> write_some(std::span<const Bytes> from) override;
  Task<> shutdown() override;
  void close() noexcept override;
  Identity peer() const override { return peer_; }
  Splicing* splicing() override { return this; }

  Task<> readable() override;
  Spliced::Moved splice_in(Spliced& into, std::size_t most) override;
  Task<std::size_t> splice_out(Spliced& from, std::size_t most) override;

 private:
  Socket socket_;
  Identity peer_;
};

Task<std::unique_ptr<Transport>> connect_unix(std::string path);
// The transport over a connected unix stream socket that came from elsewhere: a socket pair, socket activation.
std::unique_ptr<Transport> adopt_unix(const Executor& executor, Fd socket);

struct UnixListenerOptions {
  std::string path;
  mode_t mode = 0600;
  std::optional<gid_t> group = std::nullopt;  // of the socket file
};

class UnixListener {
 public:
  // Listens when it returns. A stale file of a socket nobody answers on is replaced; a living one, a path that is not a
  // socket or is too long, is refused by name.
  UnixListener(const Executor& executor, UnixListenerOptions options);
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;
  ~UnixListener();

  // The next client. Survives running out of descriptors or memory: it pauses and tries again.
  Task<std::unique_ptr<Transport>> accept(Executor lives_on);
  void close() noexcept;  // pending accept fails with operation_aborted; the file is removed if it is still ours
  const std::string& path() const { return path_; }

 private:
  void bind(const UnixListenerOptions& options);

  std::string path_;
  asio::local::stream_protocol::acceptor acceptor_;
  asio::steady_timer pause_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace sluice::io
