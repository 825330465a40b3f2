// How a file's sink is asked, and when: what is gathered, and what goes nowhere.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "io/file.h"
#include "io/loop.h"
#include "io/temporary_directory.h"

namespace sluice::io {
namespace {

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

TEST(FileSink, NowhereIsReachedInsideTheKernel) {
  const TemporaryDirectory directory;
  const std::string path = directory / "file";
  std::ofstream(path, std::ios::binary) << pattern(5'000'001);
  run_here([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Source> from = co_await open_source(disk, path);
    const std::unique_ptr<Sink> to = co_await open_sink(disk, "/dev/null");
    EXPECT_TRUE(to->takes_spliced());
    EXPECT_EQ(co_await pump(*from, *to), 5'000'001u);
    const std::unique_ptr<Sink> full = co_await open_sink(disk, "/dev/full");
    EXPECT_FALSE(full->takes_spliced());
  });
}

// Small pieces are gathered; none of them stands in the way of a large one, and all are there at the end.
TEST(FileSink, WhatIsGatheredIsWrittenBeforeALargePieceAndAtTheEnd) {
  const TemporaryDirectory directory;
  const std::string path = directory / "file", text = pattern(4'000'000);
  run_here([&]() -> Task<> {
    Disk disk;
    const std::unique_ptr<Sink> to = co_await open_sink(disk, path);
    std::size_t at = 0;
    for (const std::size_t size : {1u, 100'000u, 300'000u, 3'000'000u, 599'990u, 9u}) {
      co_await to->write({.bytes = Chunk::copy_of(as_bytes(std::string_view(text).substr(at, size)))});
      at += size;
    }
    EXPECT_EQ(at, text.size());
    co_await to->finish();
  });
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_TRUE(content.str() == text);
}

}  // namespace
}  // namespace sluice::io
