#include "qemu/monitor_client.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cstring>

#include "qemu/deadline.h"

namespace sluice::qemu {
namespace {

constexpr std::size_t read_size = 16 * 1024;

// The text and the descriptor in one sendmsg, as QEMU wants it. Gives the bytes taken, or -1 and errno.
ssize_t send_with(int socket, const std::string& text, int descriptor) {
  iovec bytes{const_cast<char*>(text.data()), text.size()};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
  if (descriptor >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

}  // namespace

MonitorClient::MonitorClient(const io::Executor& strand, io::Fd socket, io::Clock& clock, Notify notify)
    : strand_(strand), socket_(strand), clock_(clock), notify_(std::move(notify)) {
  boost::system::error_code error;
  static_cast<void>(socket_.assign(asio::local::stream_protocol(), socket.get(), error));
  if (error) io::fail_with_errno("cannot watch the monitor's socket", error.value());
  static_cast<void>(socket.release());
}

io::Task<> MonitorClient::run() {
  std::array<std::byte, read_size> room;
  while (!over_) {
    boost::system::error_code error;
    const auto buffer = asio::buffer(room);
    const std::size_t count =
        co_await socket_.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    if (error) {
      peer_left_ = true;
      monitor_.ended();
    } else {
      monitor_.feed(Bytes(room.data(), count));
    }
    while (auto event = monitor_.next()) take(std::move(*event));
    if (const std::string text = monitor_.to_send(); !text.empty()) send(text, -1);
    if (error && !over_) co_return;  // the end that "quit" announced
  }
  throw io::Failure(*over_);
}

void MonitorClient::take(qmp::Event event) {
  if (const auto* ready = std::get_if<qmp::Ready>(&event)) {
    version_ = ready->version;
    negotiated_.notify();
  } else if (auto* answer = std::get_if<qmp::Answer>(&event)) {
    const auto found = waiting_.find(answer->id);
    if (found == waiting_.end()) return;  // who asked has given up
    found->second.result = std::move(answer->result);
    found->second.answered.notify();
  } else if (const auto* notified = std::get_if<qmp::Notified>(&event)) {
    notify_(*notified);
  } else if (auto* broken = std::get_if<qmp::Broken>(&event)) {
    end(std::move(broken->error));
  }
}

void MonitorClient::end(Error why) {
  if (!over_) over_ = std::move(why);
  negotiated_.notify();
  for (auto& [id, waiting] : waiting_) waiting.answered.notify();
}

// Commands are short, so a socket that does not take one at once belongs to a QEMU that has not read for very long.
void MonitorClient::send(const std::string& text, int descriptor) {
  const ssize_t sent = send_with(socket_.native_handle(), text, descriptor);
  if (sent == static_cast<ssize_t>(text.size())) return;
  if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return;  // reading will say so, with what was said before
  end({.code = Code::operation_timeout, .message = "QEMU does not read its monitor", .domain = ErrorDomain::qemu});
  boost::system::error_code ignored;
  static_cast<void>(socket_.shutdown(asio::socket_base::shutdown_both, ignored));  // so that reading ends, too
}

io::Task<qmp::Version> MonitorClient::ready() {
  co_await negotiated_.until([this] { return version_ || over_; });
  if (over_) throw io::Failure(*over_);
  co_return *version_;
}

io::Task<json::value> MonitorClient::ask(std::string_view command, json::object arguments, AskOptions options) {
  if (over_) throw io::Failure(*over_);
  const std::uint64_t id = ++last_id_;
  Waiting& waiting = waiting_.try_emplace(id).first->second;
  struct Forget {
    std::map<std::uint64_t, Waiting>& all;
    std::uint64_t id;
    ~Forget() { all.erase(id); }
  };
  const Forget forget{waiting_, id};
  send(monitor_.command(command, arguments, id), options.descriptor);

  const auto settled = [this, &waiting] { return waiting.result || over_; };
  auto answered = waiting.answered.until(settled);
  if (options.limit) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*options.limit).count();
    Error late{.code = Code::operation_timeout,
               .message = "QEMU did not answer '" + std::string(command) + "' within " + std::to_string(seconds) + " s",
               .domain = ErrorDomain::qemu};
    co_await within(clock_, *options.limit, std::move(late), std::move(answered));
  } else {
    co_await std::move(answered);
  }
  if (!waiting.result) throw io::Failure(*over_);
  co_return io::or_throw(std::move(*waiting.result));
}

void MonitorClient::close() {
  boost::system::error_code ignored;
  static_cast<void>(socket_.close(ignored));
}

}  // namespace sluice::qemu
