// A machine's state through a container and back without passing through memory: the same bytes, and the same refusals.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "driver/container_sink.h"
#include "driver/container_source.h"
#include "io/failure.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/temporary_directory.h"

namespace sluice::driver {
namespace {

using io::Piece;
using io::Task;

const saved::Opening opening{.uuid = Uuid::parse("11111111-2222-4333-8444-555555555555").value(),
                             .was_running = true,
                             .saved_at = 1'700'000'000};

std::string state_of(std::size_t size) {
  std::string state;
  for (std::size_t i = 0; state.size() < size; ++i) state += std::to_string(i * 7919) + " ";
  state.resize(size);
  return state;
}

struct Outcome {
  std::string state, error;
  std::size_t spliced = 0;
};

class ContainerSplice : public testing::Test {
 protected:
  void write(const std::string& name, std::string_view text) {
    std::ofstream(directory_ / name, std::ios::binary) << text;
  }
  std::string content(const std::string& name) {
    std::ostringstream out;
    out << std::ifstream(directory_ / name, std::ios::binary).rdbuf();
    return std::move(out).str();
  }

  // Out of a file and into one, so that it can be spliced.
  std::string contained(const std::string& state, bool zstd = false) {
    write("state", state);
    io::run_here([&]() -> Task<> {
      io::Disk disk;
      const auto from = co_await io::open_source(disk, directory_ / "state");
      const auto to = co_await io::open_sink(disk, directory_ / "contained");
      ContainerSink container(*to, {.opening = opening, .xml = "<domain/>", .zstd = zstd});
      co_await container.begin();
      EXPECT_EQ(container.takes_spliced(), !zstd);
      co_await io::pump(*from, container);
      EXPECT_EQ(container.plain_bytes(), state.size());
    });
    return content("contained");
  }

  Outcome read_back(std::string_view bytes, bool splice = true) {
    write("given", bytes);
    Outcome outcome;
    auto read = [&]() -> Task<> {
      io::Disk disk;
      const auto from = co_await io::open_source(disk, directory_ / "given");
      ContainerSource container(*from);
      EXPECT_EQ(co_await container.opening(), opening);
      EXPECT_EQ(co_await container.xml(), "<domain/>");
      if (splice) container.may_splice();
      for (Piece piece = co_await container.read(); !piece.is_end(); piece = co_await container.read()) {
        if (piece.spliced) outcome.spliced += piece.spliced->size();
        const Chunk chunk = piece.spliced ? piece.spliced->read_out() : std::move(piece.bytes);
        outcome.state += as_text(chunk.bytes());
      }
      EXPECT_EQ(container.plain_bytes(), outcome.state.size());
    };
    try {
      io::run_here(read);
    } catch (const io::Failure& failure) {
      outcome.error = failure.error.message;
    }
    return outcome;
  }

  io::TemporaryDirectory directory_;
};

TEST_F(ContainerSplice, TheStateComesBackAsItWas) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{70'000}, std::size_t{9'000'000}}) {
    const std::string state = state_of(size);
    const std::string bytes = contained(state);
    const Outcome through_memory = read_back(bytes, false);
    EXPECT_TRUE(through_memory.state == state) << size;
    const Outcome spliced = read_back(bytes);
    EXPECT_TRUE(spliced.state == state) << size;
    EXPECT_EQ(spliced.error, "");
    if (size > 4'000'000) {
      EXPECT_GT(spliced.spliced, size / 2) << "what was read ahead before is in memory";
    }
  }
}

TEST_F(ContainerSplice, CompressedItGoesThroughMemory) {
  const std::string state = state_of(5'000'000);
  const Outcome outcome = read_back(contained(state, true));
  EXPECT_TRUE(outcome.state == state);
  EXPECT_EQ(outcome.spliced, 0U);
}

TEST_F(ContainerSplice, DamageIsRefusedInTheSameWordsAndNothingOfThatSectionIsGivenOut) {
  const std::string state = state_of(7'000'000);
  const std::string whole = contained(state);
  for (std::size_t at = 120; at < whole.size(); at += 499'979) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    const Outcome spliced = read_back(damaged), through_memory = read_back(damaged, false);
    EXPECT_NE(spliced.error, "") << at;
    EXPECT_EQ(spliced.error, through_memory.error) << at;
    EXPECT_TRUE(spliced.state == through_memory.state) << at;
    EXPECT_LE(spliced.state.size(), at) << "no byte of the damaged section";
  }
}

TEST_F(ContainerSplice, CutAnywhereItIsRefusedInTheSameWords) {
  const std::string whole = contained(state_of(7'000'000));
  for (std::size_t size = 120; size < whole.size(); size += 699'967) {
    const Outcome spliced = read_back(whole.substr(0, size)), through_memory = read_back(whole.substr(0, size), false);
    EXPECT_NE(spliced.error, "") << size;
    EXPECT_EQ(spliced.error, through_memory.error) << size;
  }
  EXPECT_NE(read_back(whole + "x").error.find("follow the end mark"), std::string::npos);
}

}  // namespace
}  // namespace sluice::driver
