#pragma once
// What the tests of this room stand on: a directory, a store that outlives the storages loaded from it, streams of
// pieces in memory, and what files hold.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/strand.hpp>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>

#include "io/failure.h"
#include "io/fake_clock.h"
#include "io/loop.h"
#include "io/scope.h"
#include "io/temporary_directory.h"
#include "storage/directory_storage.h"

namespace sluice::storage {

using io::Piece;
using io::Task;

inline std::string pattern(std::size_t size, unsigned seed = 7) {
  std::minstd_rand random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(1 + (random() >> 8) % 255);  // never a zero
  return text;
}
inline Piece piece_of(std::string_view text) { return {.bytes = Chunk::copy_of(as_bytes(text))}; }
inline Piece hole_of(std::uint64_t length) { return {.bytes = {}, .hole = length}; }

inline std::string content(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}
inline void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}
inline std::uint64_t allocated(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_blocks) * 512 : 0;
}

// Gives what it was filled with; then ends, fails, or keeps its reader waiting.
class Pieces final : public io::Source {
 public:
  std::deque<Piece> pieces;
  bool fails = false, hangs = false;
  std::size_t asked = 0;
  std::string stopped;
  std::function<Task<>()> before_end = nullptr;

  Task<Piece> read() override {
    ++asked;
    if (!pieces.empty()) {
      Piece piece = std::move(pieces.front());
      pieces.pop_front();
      co_return piece;
    }
    if (before_end) co_await before_end();
    if (fails) io::fail(Code::operation_aborted, "the client went away");
    if (hangs) {
      io::Signal never(co_await asio::this_coro::executor);
      co_await never.until([] { return false; });
    }
    co_return Piece{};
  }
  void stop(Error why) noexcept override { stopped = why.message; }
};

class Collected final : public io::Sink {
 public:
  std::string bytes;
  std::uint64_t in_holes = 0, in_kernel = 0;
  bool finished = false, splices = false;
  std::string aborted;

  Task<> write(Piece piece) override {
    in_holes += piece.hole;
    if (piece.spliced) in_kernel += piece.length();
    if (piece.hole != 0) {
      bytes.append(piece.hole, '\0');
    } else if (piece.spliced) {
      const Chunk chunk = piece.spliced->read_out();
      bytes += as_text(chunk.bytes());
    } else {
      bytes += as_text(piece.bytes.bytes());
    }
    co_return;
  }
  Task<> finish() override {
    finished = true;
    co_return;
  }
  void abort(Error why) noexcept override { aborted = why.message; }
  bool takes_spliced() const override { return splices; }
};

// The Error that `task` fails with; a test failure if it does not.
template <class T>
Task<Error> failure_of(Task<T> task) {
  try {
    co_await std::move(task);
  } catch (const io::Failure& failure) {
    co_return failure.error;
  }
  ADD_FAILURE() << "this should have failed";
  co_return Error{};
}

class StorageBed : public testing::Test {
 protected:
  // As a daemon that is started, does `body` and goes.
  template <class Body>
  void with_storage(Body body) {
    io::run_here([&]() -> Task<> {
      io::Disk disk;
      auto strand = asio::make_strand(co_await asio::this_coro::executor);
      DirectoryStorage storage({strand, disk, clock_, store_, io::Logger::silent(), "/usr/bin/qemu-img"});
      co_await storage.load();
      co_await body(storage);
    });
  }
  // The same with an active pool 'p' in path_.
  template <class Body>
  void with_pool(Body body) {
    with_storage([&](DirectoryStorage& storage) -> Task<> {
      const auto pool = co_await storage.create(pool_xml("p"), true);
      co_await body(*pool);
    });
  }

  std::string pool_xml(const std::string& name, const std::string& path) const {
    return "<pool type='dir'><name>" + name + "</name><target><path>" + path + "</path></target></pool>";
  }
  std::string pool_xml(const std::string& name) const { return pool_xml(name, path_); }
  static std::string volume_xml(const std::string& name, std::uint64_t capacity, const std::string& more = "") {
    return "<volume><name>" + name + "</name><capacity>" + std::to_string(capacity) + "</capacity>" + more +
           "</volume>";
  }
  static std::string sparse() { return "<allocation>0</allocation>"; }
  static std::string qcow2() { return "<target><format type='qcow2'/></target>"; }

  // Names in the pool's directory, drafts too.
  std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) found.push_back(entry.path().filename());
    std::ranges::sort(found);
    return found;
  }

  driver::MemoryStore store_;
  io::FakeClock clock_;  // stands still: what is waited for is waited for to the end
  io::TemporaryDirectory directory_;
  std::string path_ = directory_ / "pool";
};

using Names = std::vector<std::string>;

inline Task<Names> names_of(driver::Pool& pool) {
  Names names;
  for (const auto& volume : co_await pool.volumes()) names.push_back(volume->ref().name);
  co_return names;
}

}  // namespace sluice::storage
