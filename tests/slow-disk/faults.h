#pragma once
// What is wrong with the disk, now: every operation of the file system asks here before it is carried out, and waits
// here as long as the disk would have made it wait.
//
//   Faults faults;
//   if (const int error = faults.before_write("/image", offset, size)) return error;  // after the delay, or never

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <string>

namespace slow_disk {

enum class Hanging { nothing, reads, writes, everything };

struct Settings {
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t read_rate = 0, write_rate = 0;  // bytes/s of all files together; 0: as fast as it goes
  std::uint64_t delay_ms = 0;                   // of each read, write and sync
  std::uint64_t eio_at = never;                 // reads and writes that would touch this byte of a file fail
  std::uint64_t full_at = never;                // no file grows beyond so many bytes
  std::uint64_t hang_at = never;                // reads and writes that would touch this byte wait for ever
  Hanging hanging = Hanging::nothing;           // waits for ever
};

// Used on any thread.
class Faults {
 public:
  // `on_hang` hears the name of each operation that begins to wait for ever, and of its file.
  using OnHang = std::function<void(const char* operation, const char* file)>;
  Faults(Settings settings, OnHang on_hang) : settings_(settings), on_hang_(std::move(on_hang)) {}

  Settings settings() const;
  void change(const Settings& settings);  // those that wait see it at once, and hang on or go on

  // 0, or what the operation fails with (negative, as FUSE has it); nothing is done of one that fails.
  int before_read(const char* file, std::uint64_t offset, std::uint64_t size);
  int before_write(const char* file, std::uint64_t offset, std::uint64_t size);
  int before_growing(const char* file, std::uint64_t size);  // truncate and allocate
  void before_sync(const char* file);
  void before_other(const char* operation, const char* file);  // names, attributes, opening

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Lock = std::unique_lock<std::mutex>;
  struct Asked {
    const char* operation;
    const char* file;
    bool reads, writes;
    std::uint64_t begin, end;  // the bytes touched
  };
  void hang(Lock& lock, const Asked& asked);
  void take_time(Lock& lock, std::uint64_t size, std::uint64_t Settings::* rate, Time& free_at);
  int errors(const Asked& asked) const;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Settings settings_;
  Time read_free_at_{}, write_free_at_{};  // when what was asked for before has been carried out
  OnHang on_hang_;
};

}  // namespace slow_disk
