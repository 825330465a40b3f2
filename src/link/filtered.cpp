#include "link/filtered.h"

#include <algorithm>
#include <array>

#include "io/failure.h"
#include "io/scope.h"

namespace sluice::link {
namespace {

// A quiet connection keeps little, and so does one that has not shown yet who it is: there may be many of those.
constexpr std::size_t room_least = 4 * 1024;
constexpr std::size_t room_at_first = 16 * 1024;
constexpr std::size_t room_most = 256 * 1024;
// More than a stranger can say before he is sent away: 32 calls of 64 KiB at most.
constexpr std::uint64_t first = 4 * 1024 * 1024;

// For the next read, after one of `count` bytes, and `before` in all.
std::size_t room_after(std::size_t count, std::size_t room, std::uint64_t before) {
  if (count == room) return std::min(room * 4, before < first ? room_at_first : room_most);
  return count <= room_least ? room_least : room;
}

}  // namespace

FilteredTransport::FilteredTransport(std::unique_ptr<io::Transport> network, std::unique_ptr<secure::Filter> filter)
    : network_(std::move(network)), filter_(std::move(filter)), room_(Chunk::uninitialised(room_least)) {}

io::Task<> FilteredTransport::open(io::Clock& clock, Duration patience) {
  auto give_up = [&clock, patience]() -> io::Task<> {
    co_await clock.sleep_until(clock.now() + patience);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience).count();
    io::fail(Code::operation_timeout, "the handshake was not complete after " + std::to_string(seconds) + " s",
             ErrorDomain::rpc);
  };
  auto in_time = [&](io::Scope& scope) -> io::Task<> {
    scope.spawn(shake_hands());
    scope.spawn(give_up());
    co_await scope.any();
  };
  co_await io::scoped(in_time);
}

io::Task<> FilteredTransport::shake_hands() {
  for (;;) {
    static_cast<void>(receive({}));
    if (filter_->failure()) co_return co_await tell_why();
    co_await send();
    if (filter_->state() == secure::FilterState::open) co_return;
    if (incoming_.empty()) co_await fill();
  }
}

io::Task<std::size_t> FilteredTransport::read_some(std::span<const MutableBytes> into) {
  for (;;) {
    std::size_t gained = 0;
    for (const MutableBytes part : into) {
      const std::size_t count = receive(part);
      gained += count;
      if (count < part.size()) break;
    }
    if (gained > 0) co_return gained;
    if (filter_->failure()) co_await tell_why();
    if (!secure::gives_plain(filter_->state())) co_return 0;
    // Bytes that are not taken wait for room among those to be sent.
    if (incoming_.empty()) {
      co_await fill();
    } else {
      co_await send();
    }
  }
}

io::Task<std::size_t> FilteredTransport::write_some(std::span<const Bytes> from) {
  co_await send();
  std::size_t taken = 0;
  for (const Bytes part : from) {
    refuse_failed();
    const std::size_t count = filter_->encrypt(part);
    taken += count;
    if (count < part.size()) break;
  }
  co_await send();
  if (taken > 0) co_return taken;
  refuse_failed();
  throw boost::system::system_error(asio::error::broken_pipe);
}

io::Task<> FilteredTransport::shutdown() {
  filter_->close();
  co_await send();
  co_await network_->shutdown();
}

io::Identity FilteredTransport::peer() const {
  io::Identity identity = network_->peer();
  if (filter_->state() == secure::FilterState::handshaking) return identity;
  const secure::Peer proved = filter_->peer();
  identity.name = proved.name;
  identity.security = proved.version + ", " + proved.cipher;
  identity.strength = proved.cipher_bits;
  return identity;
}

std::size_t FilteredTransport::receive(MutableBytes into) {
  std::size_t gained = 0;
  for (;;) {
    const auto [used, plain] = filter_->receive(incoming_, into.subspan(gained));
    incoming_ = incoming_.subspan(used);
    gained += plain;
    if ((used == 0 && plain == 0) || (gained == into.size() && !into.empty())) return gained;
  }
}

io::Task<> FilteredTransport::fill() {
  const std::size_t size = room_after(came_, room_.size(), received_);
  if (size != room_.size()) room_ = Chunk::uninitialised(size);
  const std::array into{room_.writable()};
  came_ = co_await network_->read_some(into);
  received_ += came_;
  if (came_ == 0) co_return filter_->ended();
  incoming_ = room_.bytes().first(came_);
}

io::Task<> FilteredTransport::send() {
  struct Turn {
    FilteredTransport& its;
    explicit Turn(FilteredTransport& transport) : its(transport) { its.sending_ = true; }
    ~Turn() {
      its.sending_ = false;
      its.sent_.notify();
    }
  };
  while (!filter_->outgoing().empty()) {
    if (sending_) {
      co_await sent_.until([this] { return !sending_; });
      continue;
    }
    const Turn turn(*this);
    const std::array from{filter_->outgoing()};
    filter_->sent(co_await network_->write_some(from));
  }
}

// The alert goes first: without it the peer would know only that it was cut off.
io::Task<> FilteredTransport::tell_why() {
  std::exception_ptr gone;
  try {
    if (!sending_) co_await send();  // or else who sends already takes it along, if his peer takes anything
  } catch (...) {
    gone = std::current_exception();  // then nobody is there to be told
  }
  refuse_failed();
}

void FilteredTransport::refuse_failed() const {
  if (filter_->failure()) throw io::Failure(*filter_->failure());
}

}  // namespace sluice::link
