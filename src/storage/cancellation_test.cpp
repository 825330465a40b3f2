// Work that is given up at any moment leaves nothing, also when caller and storage live on different threads.

#include <boost/asio/steady_timer.hpp>

#include "storage/storage_bed_test.h"

namespace sluice::storage {
namespace {

class Cancellation : public StorageBed {
 protected:
  // Calls `work` again and again and gives it up a little later each time. What it may leave is told by `check`.
  template <class Work, class Check>
  void give_up_again_and_again(Work work, Check check) {
    io::Loops loops(2);
    io::Disk disk;
    DirectoryStorage storage(
        {asio::make_strand(loops.at(0)), disk, clock_, store_, io::Logger::silent(), "/usr/bin/qemu-img"});
    auto story = [&]() -> Task<> {
      const auto pool = co_await storage.create(pool_xml("p"), true);
      co_await pool->create(volume_xml("a", 40'000'000, sparse()));
      write_file(path_ + "/a", pattern(8'000'000));
      for (int round = 0; round < 40; ++round) {
        asio::steady_timer pause(co_await asio::this_coro::executor, std::chrono::microseconds(round * round * 20));
        auto body = [&](io::Scope& scope) -> Task<> {
          scope.spawn(work(*pool));
          co_await pause.async_wait(asio::use_awaitable);
          co_await scope.close();
        };
        co_await io::scoped(body);
        co_await check(*pool);
      }
    };
    io::run_on(loops.at(1), story());
    loops.stop();
  }
};

TEST_F(Cancellation, AVolumeIsWholeOrAbsent) {
  for (const std::string& more : {sparse(), sparse() + qcow2()}) {
    auto create = [&](driver::Pool& pool) -> Task<> { co_await pool.create(volume_xml("b", 3'000'320, more)); };
    auto check = [](driver::Pool& pool) -> Task<> {
      // Work on the disk that nobody waits for may still hold the name; then it is not there yet.
      const auto made = co_await pool.find("b");
      if (!made) co_return;
      EXPECT_EQ((co_await made->info()).capacity, 3'000'320U);
      co_await made->remove();
    };
    give_up_again_and_again(create, check);
    EXPECT_EQ(files(), Names{"a"});
    std::filesystem::remove_all(path_);
  }
}

TEST_F(Cancellation, ACloneIsWholeOrAbsent) {
  for (const std::string& more : {std::string(), qcow2()}) {
    auto clone = [&](driver::Pool& pool) -> Task<> {
      const auto original = co_await pool.find("a");
      co_await pool.create_from(volume_xml("b", 0, more), *original);
    };
    auto check = [](driver::Pool& pool) -> Task<> {
      const auto made = co_await pool.find("b");
      if (!made) co_return;
      EXPECT_EQ((co_await made->info()).capacity, 8'000'000U);
      co_await made->remove();
    };
    give_up_again_and_again(clone, check);
    EXPECT_EQ(files(), Names{"a"});
    std::filesystem::remove_all(path_);
  }
}

TEST_F(Cancellation, AnUploadIsOverWhenItReturns) {
  const std::string sent = pattern(7'000'000, 3);
  auto upload = [&](driver::Pool& pool) -> Task<> {
    const auto volume = co_await pool.find("a");
    Pieces from;
    for (std::size_t i = 0; i < 7; ++i)
      from.pieces.push_back(piece_of(std::string_view(sent).substr(i * 1'000'000, 1'000'000)));
    driver::Job job(driver::JobKind::upload);
    co_await volume->upload({.length = sent.size()}, from, job);
  };
  auto check = [](driver::Pool&) -> Task<> { co_return; };
  give_up_again_and_again(upload, check);
  const std::string left = content(path_ + "/a");
  EXPECT_EQ(left.size(), 8'000'000U);
  if (store_.incomplete_volumes().empty()) {
    EXPECT_TRUE(left.starts_with(sent) || left == pattern(8'000'000));
  }
}

TEST_F(Cancellation, APoolIsChangedOrNot) {
  auto change = [](driver::Pool& pool) -> Task<> {
    co_await pool.refresh();
    co_await pool.refresh();
  };
  auto check = [](driver::Pool& pool) -> Task<> { EXPECT_TRUE(co_await pool.active()); };
  give_up_again_and_again(change, check);
}

}  // namespace
}  // namespace sluice::storage
