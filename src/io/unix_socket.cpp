#include "io/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/socket_base.hpp>

#include "io/failure.h"

namespace sluice::io {
namespace {

Identity identity_of(int socket) {
  ucred who{};
  socklen_t size = sizeof who;
  Identity identity{.transport = "unix", .uid = {}, .gid = {}, .pid = {}};
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0) {
    identity.uid = who.uid;
    identity.gid = who.gid;
    identity.pid = who.pid;
  }
  return identity;
}

asio::local::stream_protocol::endpoint endpoint_of(const std::string& path) {
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty()) fail(Code::invalid_arg, "the path of a unix socket is empty");
  if (path.size() > longest) {
    fail(Code::invalid_arg, "the path of a unix socket may have " + std::to_string(longest) + " bytes, '" + path +
                                "' has " + std::to_string(path.size()));
  }
  if (path.find('\0') != std::string::npos) fail(Code::invalid_arg, "the path of a unix socket contains a zero byte");
  return {path};
}

bool somebody_answers(const std::string& path) {
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) fail_with_errno("cannot make a unix socket");
  const auto endpoint = endpoint_of(path);
  // A full queue (EAGAIN) is somebody too; only a refusal says that nobody is there.
  return ::connect(probe.get(), static_cast<const sockaddr*>(endpoint.data()),
                   static_cast<socklen_t>(endpoint.size())) == 0 ||
         (errno != ECONNREFUSED && errno != ENOENT);
}

using UnixTransport = SocketTransport<asio::local::stream_protocol>;

std::unique_ptr<Transport> transport_over(UnixTransport::Socket socket) {
  boost::system::error_code ignored;  // a smaller wait, not a condition of working
  static_cast<void>(socket.set_option(asio::socket_base::send_buffer_size(unsent_in_kernel), ignored));
  Identity peer = identity_of(socket.native_handle());
  return std::make_unique<UnixTransport>(std::move(socket), std::move(peer));
}

}  // namespace

Task<std::unique_ptr<Transport>> connect_unix(std::string path) {
  UnixTransport::Socket socket(co_await asio::this_coro::executor);
  const auto endpoint = endpoint_of(path);
  boost::system::error_code error;
  co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  if (error) {
    throw Failure(Error{.code = Code::no_connect,
                        .message = "cannot connect to '" + path + "': " + error.message(),
                        .os_error = error.value()});
  }
  co_return transport_over(std::move(socket));
}

std::unique_ptr<Transport> adopt_unix(const Executor& executor, Fd socket) {
  UnixTransport::Socket adopted(executor);
  boost::system::error_code error;
  static_cast<void>(adopted.assign(asio::local::stream_protocol(), socket.get(), error));
  if (error) fail_with_errno("cannot use a unix socket", error.value());
  static_cast<void>(socket.release());
  return transport_over(std::move(adopted));
}

UnixListener::UnixListener(const Executor& executor, UnixListenerOptions options)
    : path_(std::move(options.path)), acceptor_(executor), pause_(executor) {
  options.path = path_;
  struct stat there{};
  if (::lstat(path_.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) fail(Code::system_error, "cannot listen on '" + path_ + "': it is not a socket");
    if (somebody_answers(path_)) {
      fail(Code::system_error, "cannot listen on '" + path_ + "': another process listens there");
    }
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT)
      fail_with_errno("cannot remove the stale socket '" + path_ + "'");
  }
  bind(options);
}

void UnixListener::bind(const UnixListenerOptions& options) {
  const std::string listening = "cannot listen on '" + path_ + "'";
  const auto endpoint = endpoint_of(path_);
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) fail_with_errno(listening);
  // The mode of the inode is set before there is a file, so that nobody can connect in between.
  if (::fchmod(socket.get(), options.mode) != 0) fail_with_errno(listening);
  const auto* address = static_cast<const sockaddr*>(endpoint.data());
  if (::bind(socket.get(), address, static_cast<socklen_t>(endpoint.size())) != 0) fail_with_errno(listening);
  struct stat mine{};
  if (::lstat(path_.c_str(), &mine) != 0) fail_with_errno(listening);
  device_ = mine.st_dev;
  inode_ = mine.st_ino;
  const bool ready = (!options.group || ::lchown(path_.c_str(), static_cast<uid_t>(-1), *options.group) == 0) &&
                     ::chmod(path_.c_str(), options.mode) == 0 && ::listen(socket.get(), SOMAXCONN) == 0;
  boost::system::error_code error;
  if (ready) {
    static_cast<void>(acceptor_.assign(asio::local::stream_protocol(), socket.get(), error));
  } else {
    error.assign(errno, boost::system::system_category());
  }
  if (error) {
    ::unlink(path_.c_str());
    fail_with_errno(listening, error.value());
  }
  static_cast<void>(socket.release());
}

UnixListener::~UnixListener() { close(); }

void UnixListener::close() noexcept {
  if (!acceptor_.is_open()) return;
  struct stat there{};
  const bool ours = ::lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ && there.st_ino == inode_;
  if (ours) ::unlink(path_.c_str());
  boost::system::error_code ignored;
  static_cast<void>(acceptor_.close(ignored));
  static_cast<void>(pause_.cancel());
}

Task<std::unique_ptr<Transport>> UnixListener::accept(Executor lives_on) {
  co_return transport_over(
      co_await accept_patiently<asio::local::stream_protocol>(acceptor_, pause_, std::move(lives_on)));
}

}  // namespace sluice::io
