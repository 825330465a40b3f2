#pragma once
// Unix stream sockets: the transport of local clients, with the kernel's word on who the peer is.
//
//   UnixListener listener(executor, {.path = "/run/sluice/sluice-sock", .mode = 0660});
//   for (;;) serve(co_await listener.accept(loops.next()));             // a Transport living on that executor
//
//   auto transport = co_await connect_unix("/run/sluice/sluice-sock");  // lives on the executor of the caller

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "io/fd.h"
#include "io/socket_transport.h"

namespace sluice::io {

Task<std::unique_ptr<Transport>> connect_unix(std::string path);
// The transport over a connected unix stream socket that came from elsewhere: a socket pair, socket activation.
std::unique_ptr<Transport> adopt_unix(const Executor& executor, Fd socket);

struct UnixListenerOptions {
  std::string path;
  mode_t mode = 0600;
  std::optional<gid_t> group = std::nullopt;  // of the socket file
};

class UnixListener final : public Listener {
 public:
  // Listens when it returns. A stale file of a socket nobody answers on is replaced; a living one, a path that is not a
  // socket or is too long, is refused by name.
  UnixListener(const Executor& executor, UnixListenerOptions options);
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;
  ~UnixListener() override;

  Task<std::unique_ptr<Transport>> accept(Executor lives_on) override;
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
