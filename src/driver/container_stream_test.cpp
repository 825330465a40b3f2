// A machine's state through a container and back, and what a container that is not whole does.
#include <gtest/gtest.h>

#include "driver/container_sink.h"
#include "driver/container_source.h"
#include "driver/kept_stream.h"
#include "io/disk.h"
#include "io/failure.h"
#include "io/loop.h"

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

Task<> write_in_pieces(io::Sink& to, std::string_view text, std::size_t piece) {
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    co_await to.write(Piece{.bytes = Chunk::copy_of(as_bytes(text.substr(0, piece)))});
  }
}

enum class Way : std::uint8_t { plain, zstd, zstd_on_disk_threads };

std::string contained(const std::string& state, std::size_t piece, Way way = Way::plain) {
  KeptSink kept;
  io::run_here([&]() -> Task<> {
    io::Disk disk;
    ContainerOptions options{.opening = opening, .xml = "<domain/>", .zstd = way != Way::plain};
    if (way == Way::zstd_on_disk_threads) options.disk = &disk;
    ContainerSink container(kept, std::move(options));
    co_await container.begin();
    co_await write_in_pieces(container, state, piece);
    co_await container.finish();
    EXPECT_EQ(container.plain_bytes(), state.size());
  });
  EXPECT_TRUE(kept.finished);
  return kept.bytes;
}

std::string read_back(const std::string& bytes, std::size_t piece) {
  std::string state;
  KeptSource kept(bytes, piece);
  io::run_here([&]() -> Task<> {
    ContainerSource container(kept);
    EXPECT_EQ(co_await container.opening(), opening);
    EXPECT_EQ(co_await container.xml(), "<domain/>");
    for (Piece each = co_await container.read(); !each.is_end(); each = co_await container.read()) {
      state += as_text(each.bytes.bytes());
    }
    EXPECT_TRUE((co_await container.read()).is_end());
    EXPECT_EQ(container.plain_bytes(), state.size());
  });
  return state;
}

std::string failure_of(const std::string& bytes) {
  try {
    read_back(bytes, 1000);
  } catch (const io::Failure& failure) {
    return failure.error.message;
  }
  return "";
}

TEST(ContainerStream, AnyStateInAnyPiecesComesBackAsItWas) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{70'000}, std::size_t{3'000'000}}) {
    const std::string state = state_of(size);
    for (const std::size_t piece : {std::size_t{100}, std::size_t{65'536}, std::size_t{2'500'000}}) {
      EXPECT_TRUE(read_back(contained(state, piece), piece) == state) << size << " in pieces of " << piece;
    }
  }
}

TEST(ContainerStream, CompressedItIsSmallerAndComesBackAsItWas) {
  const std::string state = state_of(3'000'000);
  const std::string here = contained(state, 200'000, Way::zstd);
  EXPECT_LT(here.size(), state.size() / 2);
  EXPECT_TRUE(read_back(here, 5000) == state);
  EXPECT_TRUE(contained(state, 200'000, Way::zstd_on_disk_threads) == here);
}

TEST(ContainerStream, AHoleIsZeros) {
  KeptSink kept;
  io::run_here([&]() -> Task<> {
    ContainerSink container(kept, {.opening = opening, .xml = "<domain/>"});
    co_await container.begin();
    co_await container.write(Piece{.bytes = {}, .hole = 2'000'000});
    co_await container.finish();
  });
  EXPECT_TRUE(read_back(kept.bytes, 100'000) == std::string(2'000'000, '\0'));
}

TEST(ContainerStream, SmallPiecesShareASection) {
  const std::string state = state_of(100'000);
  EXPECT_LT(contained(state, 10).size(), state.size() + 500);
}

TEST(ContainerStream, CutAnywhereItIsRefused) {
  const std::string whole = contained(state_of(300'000), 100'000);
  for (std::size_t size = 0; size < whole.size(); size += 997) {
    EXPECT_NE(failure_of(whole.substr(0, size)), "") << size;
  }
  EXPECT_NE(failure_of(whole.substr(0, whole.size() - 1)), "");
}

TEST(ContainerStream, DamagedAnywhereItIsRefused) {
  const std::string whole = contained(state_of(300'000), 100'000);
  for (std::size_t at = 0; at < whole.size(); at += 499) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_NE(failure_of(damaged), "") << at;
  }
}

TEST(ContainerStream, BytesBehindTheEndAreRefused) {
  const std::string whole = contained(state_of(1000), 1000);
  EXPECT_NE(failure_of(whole + "x").find("follow the end mark"), std::string::npos);
}

TEST(ContainerStream, ADefinitionThatIsTooLongIsRefusedBeforeAnythingIsWritten) {
  KeptSink kept;
  io::run_here([&]() -> Task<> {
    ContainerSink container(kept, {.opening = opening, .xml = std::string(5'000'000, 'x')});
    EXPECT_THROW(co_await container.begin(), io::Failure);
  });
  EXPECT_EQ(kept.bytes, "");
}

}  // namespace
}  // namespace sluice::driver
