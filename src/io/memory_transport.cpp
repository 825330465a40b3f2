#include <algorithm>
#include <boost/asio/post.hpp>
#include <mutex>

#include "io/signal.h"
#include "io/transport.h"

namespace sluice::io {
namespace {

// The two signals of one end. They belong to that end's executor; the other end reaches them only by posting.
struct Wakes {
  explicit Wakes(const Executor& ex) : executor(ex) {}
  Executor executor;
  Signal readable, writable;
};

void notify(const std::weak_ptr<Wakes>& whom, Signal Wakes::* which) {
  const auto wakes = whom.lock();
  if (!wakes) return;
  asio::post(wakes->executor, [wakes, which] { (wakes.get()->*which).notify(); });
}

// One direction: a ring of bytes between a writing and a reading end.
class Lane {
 public:
  explicit Lane(std::size_t capacity) : ring_(capacity) {}

  // Nothing: would have to wait.
  std::optional<std::size_t> put(std::span<const Bytes> from) {
    const std::lock_guard lock(mutex_);
    if (ended_ || reader_gone_) throw boost::system::system_error(asio::error::broken_pipe);
    std::size_t moved = 0;
    for (Bytes bytes : from) {
      while (!bytes.empty() && held_ < ring_.size()) {
        const std::size_t at = (first_ + held_) % ring_.size();
        const std::size_t n = std::min({bytes.size(), ring_.size() - held_, ring_.size() - at});
        std::memcpy(ring_.data() + at, bytes.data(), n);
        held_ += n;
        moved += n;
        bytes = bytes.subspan(n);
      }
    }
    const bool nothing_to_do = std::ranges::all_of(from, [](Bytes b) { return b.empty(); });
    if (moved == 0 && !nothing_to_do) return std::nullopt;
    return moved;
  }

  std::optional<std::size_t> take(std::span<const MutableBytes> into) {
    const std::lock_guard lock(mutex_);
    std::size_t moved = 0;
    for (MutableBytes bytes : into) {
      while (!bytes.empty() && held_ > 0) {
        const std::size_t n = std::min({bytes.size(), held_, ring_.size() - first_});
        std::memcpy(bytes.data(), ring_.data() + first_, n);
        first_ = (first_ + n) % ring_.size();
        held_ -= n;
        moved += n;
        bytes = bytes.subspan(n);
      }
    }
    if (moved == 0 && !ended_) return std::nullopt;
    return moved;
  }

  bool can_put() {
    const std::lock_guard lock(mutex_);
    return ended_ || reader_gone_ || held_ < ring_.size();
  }
  bool can_take() {
    const std::lock_guard lock(mutex_);
    return ended_ || held_ > 0;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  void leave() {  // the reader went: what waits is nobody's
    const std::lock_guard lock(mutex_);
    reader_gone_ = true;
    held_ = 0;
  }

 private:
  std::mutex mutex_;
  Buffer ring_;
  std::size_t first_ = 0, held_ = 0;
  bool ended_ = false, reader_gone_ = false;
};

class MemoryTransport final : public Transport {
 public:
  MemoryTransport(const Executor& executor, std::shared_ptr<Lane> in, std::shared_ptr<Lane> out)
      : in_(std::move(in)), out_(std::move(out)), wakes_(std::make_shared<Wakes>(executor)) {}
  ~MemoryTransport() override { MemoryTransport::close(); }
  void meet(const MemoryTransport& other) { other_ = other.wakes_; }

  Task<std::size_t> read_some(std::span<const MutableBytes> into) override {
    const auto wakes = wakes_;
    for (;;) {
      refuse_closed();
      if (const auto count = in_->take(into)) {
        notify(other_, &Wakes::writable);
        co_return *count;
      }
      co_await wakes->readable.until([this] { return closed_ || in_->can_take(); });
    }
  }

  Task<std::size_t> write_some(std::span<const Bytes> from) override {
    const auto wakes = wakes_;
    for (;;) {
      refuse_closed();
      if (const auto count = out_->put(from)) {
        notify(other_, &Wakes::readable);
        co_return *count;
      }
      co_await wakes->writable.until([this] { return closed_ || out_->can_put(); });
    }
  }

  Task<> shutdown() override {
    out_->end();
    notify(other_, &Wakes::readable);
    co_return;
  }

  void close() noexcept override {
    if (closed_) return;
    closed_ = true;
    out_->end();
    in_->leave();
    notify(other_, &Wakes::readable);
    notify(other_, &Wakes::writable);
    wakes_->readable.notify();
    wakes_->writable.notify();
  }

  Identity peer() const override { return {.transport = "memory", .uid = {}, .gid = {}, .pid = {}}; }

 private:
  void refuse_closed() const {
    if (closed_) throw boost::system::system_error(asio::error::operation_aborted);
  }

  std::shared_ptr<Lane> in_, out_;
  std::shared_ptr<Wakes> wakes_;
  std::weak_ptr<Wakes> other_;
  bool closed_ = false;
};

}  // namespace

std::pair<std::unique_ptr<Transport>, std::unique_ptr<Transport>> memory_transports(const Executor& first,
                                                                                    const Executor& second,
                                                                                    std::size_t capacity) {
  const auto there = std::make_shared<Lane>(capacity);
  const auto back = std::make_shared<Lane>(capacity);
  auto a = std::make_unique<MemoryTransport>(first, back, there);
  auto b = std::make_unique<MemoryTransport>(second, there, back);
  a->meet(*b);
  b->meet(*a);
  return {std::move(a), std::move(b)};
}

}  // namespace sluice::io
