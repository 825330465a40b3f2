#include "faults.h"

#include <algorithm>
#include <cerrno>

namespace slow_disk {
namespace {

bool touches(std::uint64_t begin, std::uint64_t end, std::uint64_t byte) { return begin <= byte && byte < end; }

}  // namespace

Settings Faults::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

void Faults::change(const Settings& settings) {
  {
    const std::lock_guard lock(mutex_);
    settings_ = settings;
    read_free_at_ = write_free_at_ = {};
  }
  changed_.notify_all();
}

int Faults::before_read(const char* file, std::uint64_t offset, std::uint64_t size) {
  const Asked asked{
      .operation = "read", .file = file, .reads = true, .writes = false, .begin = offset, .end = offset + size};
  Lock lock(mutex_);
  hang(lock, asked);
  take_time(lock, size, &Settings::read_rate, read_free_at_);
  return errors(asked);
}

int Faults::before_write(const char* file, std::uint64_t offset, std::uint64_t size) {
  const Asked asked{
      .operation = "write", .file = file, .reads = false, .writes = true, .begin = offset, .end = offset + size};
  Lock lock(mutex_);
  hang(lock, asked);
  take_time(lock, size, &Settings::write_rate, write_free_at_);
  return errors(asked);
}

int Faults::before_growing(const char* file, std::uint64_t size) {
  Lock lock(mutex_);
  hang(lock, {.operation = "grow", .file = file, .reads = false, .writes = true, .begin = 0, .end = 0});
  return size > settings_.full_at ? -ENOSPC : 0;
}

void Faults::before_sync(const char* file) {
  Lock lock(mutex_);
  hang(lock, {.operation = "sync", .file = file, .reads = false, .writes = true, .begin = 0, .end = 0});
  take_time(lock, 0, &Settings::write_rate, write_free_at_);
}

void Faults::before_other(const char* operation, const char* file) {
  Lock lock(mutex_);
  hang(lock, {.operation = operation, .file = file, .reads = false, .writes = false, .begin = 0, .end = 0});
}

void Faults::hang(Lock& lock, const Asked& asked) {
  const auto hangs = [&] {
    if (touches(asked.begin, asked.end, settings_.hang_at)) return true;
    switch (settings_.hanging) {
      case Hanging::nothing: return false;
      case Hanging::reads: return asked.reads;
      case Hanging::writes: return asked.writes;
      case Hanging::everything: return true;
    }
    return false;
  };
  if (!hangs()) return;
  lock.unlock();
  on_hang_(asked.operation, asked.file);
  lock.lock();
  changed_.wait(lock, [&] { return !hangs(); });
}

// One head serves all: what is asked for stands behind what was asked for before. Settings that change meanwhile let go
// of what waits, which then counts as served.
void Faults::take_time(Lock& lock, std::uint64_t size, std::uint64_t Settings::* rate, Time& free_at) {
  const Time now = std::chrono::steady_clock::now();
  Time served = now + std::chrono::milliseconds(settings_.delay_ms);
  if (const std::uint64_t per_second = settings_.*rate; per_second > 0) {
    const std::chrono::duration<double> needed(static_cast<double>(size) / static_cast<double>(per_second));
    free_at = std::max(now, free_at) + std::chrono::duration_cast<std::chrono::nanoseconds>(needed);
    served = std::max(served, free_at);
  }
  if (served <= now) return;
  const Settings before = settings_;
  changed_.wait_until(lock, served,
                      [&] { return settings_.*rate != before.*rate || settings_.delay_ms != before.delay_ms; });
}

int Faults::errors(const Asked& asked) const {
  if (touches(asked.begin, asked.end, settings_.eio_at)) return -EIO;
  if (asked.writes && asked.end > settings_.full_at) return -ENOSPC;
  return 0;
}

}  // namespace slow_disk
