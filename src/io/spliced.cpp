#include "io/spliced.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <mutex>
#include <vector>

#include "base/assert.h"
#include "base/limits.h"
#include "io/failure.h"

namespace sluice::io {
namespace {

[[noreturn]] void fail_with(int os_error) {
  throw boost::system::system_error(os_error, boost::system::system_category());
}

// SPLICE_F_NONBLOCK: a pipe without room is an answer, not a reason to wait.
constexpr unsigned int how = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

ssize_t splice_some(int from, int to, std::size_t most) {
  for (;;) {
    const ssize_t count = ::splice(from, nullptr, to, nullptr, most, how);
    if (count >= 0 || errno != EINTR) return count;
  }
}

bool has_something(int fd) {
  pollfd asked{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&asked, 1, 0) > 0;
}

}  // namespace

Spliced::Spliced() : pipe_(make_pipe()) {
  leave_some(pipe_.second, "cannot make a pipe");
  if (::fcntl(pipe_.second.get(), F_SETPIPE_SZ, static_cast<int>(capacity)) < 0) fail_with_errno("cannot widen a pipe");
}

Spliced::Moved Spliced::fill(int from, std::size_t most) {
  // A part may have several pages, so the kernel would take more than a pipe is asked to hold.
  if (size_ >= capacity) return {.stop = Stop::full};
  const ssize_t count = splice_some(from, pipe_.second.get(), std::min(most, capacity - size_));
  if (count > 0) {
    size_ += static_cast<std::size_t>(count);
    return {.count = static_cast<std::size_t>(count)};
  }
  if (count == 0) return {.stop = Stop::ended};
  if (errno == EINVAL) return {.stop = Stop::unsupported};
  if (errno != EAGAIN) fail_with(errno);
  // The kernel gives one answer to two questions.
  return {.stop = size_ > 0 && has_something(from) ? Stop::full : Stop::would_wait};
}

Spliced::Moved Spliced::drain(int to, std::size_t most) {
  const std::size_t wanted = std::min(most, size_);
  ensure(wanted > 0, "what is drained has bytes");
  const ssize_t count = splice_some(pipe_.first.get(), to, wanted);
  if (count > 0) {
    size_ -= static_cast<std::size_t>(count);
    return {.count = static_cast<std::size_t>(count)};
  }
  if (count == 0) return {.stop = Stop::ended};
  if (errno == EINVAL) return {.stop = Stop::unsupported};
  if (errno != EAGAIN) fail_with(errno);
  return {.stop = Stop::would_wait};
}

Spliced::Moved Spliced::fill(Spliced& from, std::size_t most) {
  if (size_ >= capacity) return {.stop = Stop::full};
  const std::size_t wanted = std::min({most, from.size_, capacity - size_});
  ensure(wanted > 0, "what is moved has bytes");
  const ssize_t count = splice_some(from.pipe_.first.get(), pipe_.second.get(), wanted);
  if (count < 0 && errno != EAGAIN) fail_with(errno);
  if (count <= 0) return {.stop = Stop::full};
  from.size_ -= static_cast<std::size_t>(count);
  size_ += static_cast<std::size_t>(count);
  return {.count = static_cast<std::size_t>(count)};
}

bool Spliced::copy_to(Spliced& other) {
  ensure(other.size_ == 0 && size_ > 0, "bytes are copied into an empty pipe");
  ssize_t count = 0;
  do {
    count = ::tee(pipe_.first.get(), other.pipe_.second.get(), size_, how);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno != EAGAIN) fail_with(errno);
  other.size_ = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  if (other.size_ == size_) return true;
  static_cast<void>(other.read_out());
  return false;
}

MutableBytes Spliced::take(MutableBytes into) {
  const MutableBytes wanted = into.first(std::min(into.size(), size_));
  std::size_t taken = 0;
  while (taken < wanted.size()) {
    const ssize_t count = ::read(pipe_.first.get(), wanted.data() + taken, wanted.size() - taken);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail_with(count == 0 ? EIO : errno);
    taken += static_cast<std::size_t>(count);
    size_ -= static_cast<std::size_t>(count);
  }
  return wanted;
}

Chunk Spliced::read_out() {
  Chunk chunk = Chunk::uninitialised(size_);
  static_cast<void>(take(chunk.writable()));
  return chunk;
}

struct SplicePool::Inside {
  std::mutex mutex;
  std::vector<std::unique_ptr<Spliced>> idle;
  std::size_t out = 0;
};

SplicePool::SplicePool() : inside_(std::make_shared<Inside>()) {}

std::shared_ptr<Spliced> SplicePool::take() {
  std::unique_ptr<Spliced> taken;
  {
    const std::lock_guard lock(inside_->mutex);
    if (inside_->out == limits::spliced_max) return nullptr;
    if (!inside_->idle.empty()) {
      taken = std::move(inside_->idle.back());
      inside_->idle.pop_back();
    }
    ++inside_->out;
  }
  auto let_go = [inside = inside_](Spliced* spliced) {
    std::unique_ptr<Spliced> back(spliced);
    const std::lock_guard lock(inside->mutex);
    --inside->out;
    if (back && back->size() == 0) inside->idle.push_back(std::move(back));
  };
  try {
    if (!taken) taken = std::make_unique<Spliced>();
  } catch (const Failure&) {
    let_go(nullptr);
    return nullptr;
  }
  return {taken.release(), std::move(let_go)};
}

}  // namespace sluice::io
