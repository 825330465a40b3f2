#pragma once
// What the tests of this room stand on: a directory, a store that outlives the storages loaded from it, and what files
// hold.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/strand.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "driver/volume_play_test.h"
#include "io/failure.h"
#include "io/fake_clock.h"
#include "io/loop.h"
#include "io/scope.h"
#include "io/temporary_directory.h"
#include "storage/directory_storage.h"

namespace sluice::storage {

using driver::Collected;
using driver::failure_of;
using driver::hole_of;
using driver::Names;
using driver::names_of;
using driver::pattern;
using driver::piece_of;
using driver::Pieces;
using driver::sparse;
using driver::volume_xml;
using io::Piece;
using io::Task;

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

  static std::string pool_xml(const std::string& name, const std::string& path) { return driver::pool_xml(name, path); }
  std::string pool_xml(const std::string& name) const { return pool_xml(name, path_); }
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

}  // namespace sluice::storage
