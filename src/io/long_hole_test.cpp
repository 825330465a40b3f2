// Holes where a file must have zeros: as long as somebody likes, and written in steps.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <semaphore>
#include <sstream>

#include "io/file.h"
#include "io/file_target.h"
#include "io/hanging_test.h"
#include "io/loop.h"
#include "io/temporary_directory.h"

namespace sluice::io {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;

class LongHole : public testing::Test {
 protected:
  // One that is appended to cannot have holes.
  Fd opened() const { return Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)); }
  std::string content() const {
    std::ostringstream out;
    out << std::ifstream(path_, std::ios::binary).rdbuf();
    return out.str();
  }
  static Piece text(std::string_view bytes) { return {.bytes = Chunk::copy_of(as_bytes(bytes))}; }
  static Piece hole(std::uint64_t length) { return {.bytes = {}, .hole = length}; }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "file";
};

TEST_F(LongHole, EveryByteOfItIsWritten) {
  run_here([&]() -> Task<> {
    Disk disk;
    FileSink to(disk, co_await asio::this_coro::executor, FileSink::Target::in_place(opened(), path_));
    co_await to.write(text("a"));
    co_await to.write(hole(3 * mib + 7));
    co_await to.write(text("b"));
    co_await to.write(hole(100));
    co_await to.write(hole(mib));
    co_await to.write(text("c"));
    co_await to.finish();
  });
  EXPECT_TRUE(content() == "a" + std::string(3 * mib + 7, '\0') + "b" + std::string(mib + 100, '\0') + "c");
}

TEST_F(LongHole, WhoGivesItUpWaitsForOneStepOfIt) {
  run_here([&]() -> Task<> {
    const Executor executor = co_await asio::this_coro::executor;
    std::binary_semaphore over(0);
    Disk disk(1);
    Fd file = opened();
    const Disk::Lane lane = disk.lane_of(file.get());
    auto target = FileSink::Target::in_place(std::move(file), path_);
    target->held = {nullptr, [&over](void*) { over.release(); }};
    FileSink to(disk, executor, std::move(target));

    auto before = std::make_optional<Hanging>();
    lane.submit(before->work());
    co_await to.write(hole(256 * mib));
    auto behind = std::make_optional<Hanging>();
    lane.submit(behind->work());
    before.reset();
    behind->wait_for(1);  // the first step is done
    to.abort(Error{.message = "changed my mind"});
    behind.reset();
    over.acquire();
  });
  EXPECT_EQ(std::filesystem::file_size(path_), mib);
}

}  // namespace
}  // namespace sluice::io
