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

ssize_t splice_some(int from, int to, std::size_t most) {
  for (;;) {
    const ssize_t count = ::splice(from, nullptr, to, nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (count >= 0 || errno != EINTR) return count;
  }
}

bool has_something(int fd) {
  pollfd asked{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&asked, 1, 0) > 0;
}

}  // namespace

Spliced::Spliced() : pipe_(make_pipe()) {
  // Unprivileged users may own a limited number of pages in pipes; a pipe of the usual size works as well.
  static_cast<void>(::fcntl(pipe_.second.get(), F_SETPIPE_SZ, static_cast<int>(capacity)));
}

Spliced::Moved Spliced::fill(int from, std::size_t most) {
  const ssize_t count = splice_some(from, pipe_.second.get(), most);
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

Chunk Spliced::read_out() {
  Chunk chunk = Chunk::uninitialised(size_);
  while (size_ > 0) {
    const ssize_t count = ::read(pipe_.first.get(), chunk.data() + (chunk.size() - size_), size_);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail_with(count == 0 ? EIO : errno);
    size_ -= static_cast<std::size_t>(count);
  }
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
