#include "io/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>

#include "io/failure.h"

namespace sluice::io {
namespace {

// About one chunk: what the kernel already took cannot be overtaken by a reply. (The kernel doubles the number, and
// counts its own overhead against it.)
constexpr int unsent_in_kernel = 256 * 1024;

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

}  // namespace

UnixTransport::UnixTransport(Socket socket) : socket_(std::move(socket)), peer_(identity_of(socket_.native_handle())) {
  boost::system::error_code ignored;  // a smaller wait, not a condition of working
  static_cast<void>(socket_.set_option(asio::socket_base::send_buffer_size(unsent_in_kernel), ignored));
  // Asio does that by itself, but only with its first own operation.
  static_cast<void>(socket_.native_non_blocking(true, ignored));
}

Task<std::size_t> UnixTransport::read_some(std::span<const MutableBytes> into) {
  const Some<asio::mutable_buffer, reads_at_once> buffers(into);
  boost::system::error_code error;
  const std::size_t count = co_await socket_.async_read_some(buffers, asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::eof) co_return 0;
  if (error) throw boost::system::system_error(error);
  co_return count;
}

Task<std::size_t> UnixTransport::write_some(std::span<const Bytes> from) {
  const Some<asio::const_buffer, writes_at_once> buffers(from);
  co_return co_await socket_.async_write_some(buffers, asio::use_awaitable);
}

Task<> UnixTransport::readable() { co_await socket_.async_wait(Socket::wait_read, asio::use_awaitable); }

Spliced::Moved UnixTransport::splice_in(Spliced& into, std::size_t most) {
  return into.fill(socket_.native_handle(), most);
}

Task<std::size_t> UnixTransport::splice_out(Spliced& from, std::size_t most) {
  for (;;) {
    if (!socket_.is_open()) throw boost::system::system_error(asio::error::operation_aborted);
    const Spliced::Moved moved = from.drain(socket_.native_handle(), most);
    if (moved.stop == Spliced::Stop::none) {
      co_await asio::post(socket_.get_executor(),
                          asio::use_awaitable);  // others take their turns, as in Asio's own writes
      co_return moved.count;
    }
    if (moved.stop != Spliced::Stop::would_wait) throw boost::system::system_error(asio::error::broken_pipe);
    co_await socket_.async_wait(Socket::wait_write, asio::use_awaitable);
  }
}

Task<> UnixTransport::shutdown() {
  boost::system::error_code gone;  // a peer that left first is not worth an error
  static_cast<void>(socket_.shutdown(asio::socket_base::shutdown_send, gone));
  co_return;
}

void UnixTransport::close() noexcept {
  boost::system::error_code ignored;
  static_cast<void>(socket_.close(ignored));
}

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
  co_return std::make_unique<UnixTransport>(std::move(socket));
}

std::unique_ptr<Transport> adopt_unix(const Executor& executor, Fd socket) {
  UnixTransport::Socket adopted(executor);
  boost::system::error_code error;
  static_cast<void>(adopted.assign(asio::local::stream_protocol(), socket.get(), error));
  if (error) fail_with_errno("cannot use a unix socket", error.value());
  static_cast<void>(socket.release());
  return std::make_unique<UnixTransport>(std::move(adopted));
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
  for (;;) {
    boost::system::error_code error;
    auto socket = co_await acceptor_.async_accept(lives_on, asio::redirect_error(asio::use_awaitable, error));
    if (!error) co_return std::make_unique<UnixTransport>(UnixTransport::Socket(std::move(socket)));
    const bool passes = error == boost::system::errc::too_many_files_open ||
                        error == boost::system::errc::too_many_files_open_in_system ||
                        error == boost::system::errc::no_buffer_space ||
                        error == boost::system::errc::not_enough_memory || error == asio::error::connection_aborted;
    if (!passes) throw boost::system::system_error(error);
    // The client stays in the kernel's queue until others have left.
    pause_.expires_after(std::chrono::milliseconds(50));
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (!acceptor_.is_open()) throw boost::system::system_error(asio::error::operation_aborted);
  }
}

}  // namespace sluice::io
