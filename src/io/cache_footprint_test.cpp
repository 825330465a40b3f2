#include "io/cache_footprint.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "io/file.h"
#include "io/file_target.h"
#include "io/loop.h"
#include "io/temporary_directory.h"

namespace sluice::io {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;

std::string pattern(std::size_t size) {
  std::minstd_rand random(11);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random() >> 8);
  return text;
}

std::string content(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

// Bytes of a file that lie in the page cache.
std::uint64_t resident(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto size = std::filesystem::file_size(path);
  void* const shown = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (shown == MAP_FAILED) fail_with_errno("cannot map '" + path + "'");
  std::vector<unsigned char> pages((size + 4095) / 4096);
  if (::mincore(shown, size, pages.data()) != 0) fail_with_errno("cannot look at '" + path + "' in memory");
  ::munmap(shown, size);
  return static_cast<std::uint64_t>(std::ranges::count_if(pages, [](unsigned char p) { return (p & 1U) != 0; })) * 4096;
}

// On the disk that this program lies on: a temporary directory may be in memory.
std::string where_pages_can_go() { return std::filesystem::read_symlink("/proc/self/exe").parent_path(); }

class CacheFootprintTest : public testing::Test {
 protected:
  static constexpr std::uint64_t most = 4 * mib;

  static std::shared_ptr<FileSink::Target> with_limit(std::shared_ptr<FileSink::Target> target) {
    target->footprint = CacheFootprint(most);
    return target;
  }
  std::shared_ptr<FileSink::Target> opened(std::uint64_t offset) const {
    Fd file(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
    EXPECT_EQ(::lseek(file.get(), static_cast<off_t>(offset), SEEK_SET), static_cast<off_t>(offset));
    return with_limit(FileSink::Target::in_place(std::move(file), path_));
  }
  // A file that nothing of is in the page cache.
  void make_cold(std::string_view text) const {
    std::ofstream(path_, std::ios::binary) << text;
    const Fd file(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    EXPECT_EQ(::fsync(file.get()), 0);
    EXPECT_EQ(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED), 0);
    EXPECT_EQ(resident(path_), 0u);
  }
  static void write(std::shared_ptr<FileSink::Target> target, std::vector<Piece> pieces) {
    run_here([&]() -> Task<> {
      Disk disk;
      FileSink to(disk, co_await asio::this_coro::executor, std::move(target));
      for (Piece& piece : pieces) co_await to.write(std::move(piece));
      co_await to.finish();
    });
  }
  static std::vector<Piece> pieces_of(std::string_view text) {
    std::vector<Piece> pieces;
    for (std::size_t at = 0; at < text.size(); at += 300'000) {
      pieces.push_back({.bytes = Chunk::copy_of(as_bytes(text.substr(at, 300'000)))});
    }
    return pieces;
  }

  TemporaryDirectory directory_{where_pages_can_go()};
  std::string path_ = directory_ / "file";
};

TEST_F(CacheFootprintTest, ALargeFileLeavesLittleOfItself) {
  const std::string text = pattern(40 * mib + 77);
  write(with_limit(FileSink::Target::beside(path_, {})), pieces_of(text));
  EXPECT_LE(resident(path_), most + CacheFootprint::part);
  EXPECT_GE(resident(path_), most / 2) << "what may stay does";
  EXPECT_TRUE(content(path_) == text);
}

TEST_F(CacheFootprintTest, AFileBelowTheLimitStaysWhole) {
  const std::string text = pattern(most);
  write(with_limit(FileSink::Target::beside(path_, {})), pieces_of(text));
  EXPECT_EQ(resident(path_), most);
}

TEST_F(CacheFootprintTest, WhatPassesInsideTheKernelIsLetGoOf) {
  const std::string text = pattern(40 * mib + 77);
  std::ofstream(directory_ / "original", std::ios::binary) << text;
  run_here([&]() -> Task<> {
    Disk disk;
    const auto from = co_await open_source(disk, directory_ / "original");
    FileSink to(disk, co_await asio::this_coro::executor, with_limit(FileSink::Target::beside(path_, {})));
    co_await pump(*from, to);
  });
  EXPECT_LE(resident(path_), most + CacheFootprint::part);
  EXPECT_TRUE(content(path_) == text);
}

TEST_F(CacheFootprintTest, APartOfAnExistingFileLeavesLittleAndTouchesNothingElse) {
  const std::string old(60 * mib, 'o'), text = pattern(40 * mib + 77);
  make_cold(old);
  constexpr std::uint64_t offset = 3 * mib + 777;
  write(opened(offset), pieces_of(text));
  EXPECT_LE(resident(path_), most + CacheFootprint::part);
  std::string expected = old;
  expected.replace(offset, text.size(), text);
  EXPECT_TRUE(content(path_) == expected);
}

// Whoever else works with this file has its pages; only those that were written again go.
TEST_F(CacheFootprintTest, PagesOfOthersStay) {
  const std::string text = pattern(20 * mib);
  std::ofstream(path_, std::ios::binary) << std::string(60 * mib, 'o');
  const Fd file(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::fsync(file.get()), 0);
  write(opened(30 * mib), pieces_of(text));
  EXPECT_GE(resident(path_), 40 * mib);
  EXPECT_LE(resident(path_), 40 * mib + most + CacheFootprint::part);
}

TEST_F(CacheFootprintTest, HolesAreNotCounted) {
  const std::string text = pattern(mib);
  make_cold(std::string(60 * mib, 'o'));
  std::vector<Piece> pieces;
  for (int i = 0; i < 3; ++i) {
    pieces.push_back({.bytes = Chunk::copy_of(as_bytes(text))});
    pieces.push_back({.bytes = {}, .hole = 15 * mib});
  }
  write(opened(0), std::move(pieces));
  EXPECT_EQ(resident(path_), 3 * mib) << "three parts are less than may stay";
  std::string expected(60 * mib, 'o');
  for (std::size_t i = 0; i < 3; ++i) expected.replace(i * 16 * mib, 16 * mib, text + std::string(15 * mib, '\0'));
  EXPECT_TRUE(content(path_) == expected);
}

TEST_F(CacheFootprintTest, AFileOfManyHolesLeavesLittleOfItself) {
  const std::string text = pattern(60'000);
  std::vector<Piece> pieces;
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    pieces.push_back({.bytes = Chunk::copy_of(as_bytes(text))});
    pieces.push_back({.bytes = {}, .hole = 90'000});
    expected += text + std::string(90'000, '\0');
  }
  write(with_limit(FileSink::Target::beside(path_, {})), std::move(pieces));
  EXPECT_LE(resident(path_), most + 2 * CacheFootprint::part) << "a page is in the cache whole";
  EXPECT_TRUE(content(path_) == expected);
}

TEST_F(CacheFootprintTest, AFileInMemoryIsWrittenAllTheSame) {
  Fd in_memory(::memfd_create("file", MFD_CLOEXEC));
  const std::string text = pattern(20 * mib + 77), path = "/proc/self/fd/" + std::to_string(in_memory.get());
  write(with_limit(FileSink::Target::in_place(in_memory.duplicate(), "file")), pieces_of(text));
  EXPECT_TRUE(content(path) == text);
}

TEST_F(CacheFootprintTest, WhatHasNoPagesIsAskedOnce) {
  const Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  CacheFootprint footprint(most);
  footprint.wrote(0, 10 * mib);
  EXPECT_TRUE(footprint.is_too_large());
  EXPECT_EQ(footprint.let_go_of_some(null.get(), "cannot write"), 0u);
  EXPECT_FALSE(footprint.is_too_large());
  footprint.wrote(10 * mib, 10 * mib);
  EXPECT_FALSE(footprint.is_too_large());
}

TEST_F(CacheFootprintTest, TheOldestGoFirstAndByParts) {
  std::ofstream(path_, std::ios::binary) << std::string(8 * mib, 'x');
  const Fd file(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  CacheFootprint footprint(most);
  footprint.wrote(0, most);
  EXPECT_FALSE(footprint.is_too_large());
  footprint.wrote(most, 1);
  EXPECT_TRUE(footprint.is_too_large());
  EXPECT_EQ(footprint.let_go_of_some(file.get(), "cannot write"), mib);
  EXPECT_FALSE(footprint.is_too_large());
  footprint.wrote(most + 1, mib);
  EXPECT_EQ(footprint.let_go_of_some(file.get(), "cannot write"), 2 * mib);
}

TEST_F(CacheFootprintTest, MayUsuallyBeSeveralHundredMegabytes) { EXPECT_GE(CacheFootprint::usual_most(), 256 * mib); }

}  // namespace
}  // namespace sluice::io
