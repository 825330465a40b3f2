// What only the storage in memory does: it fails where it was told to, and is full when its memory is. What every
// storage promises is in tests/storage.

#include "driver/memory_storage.h"

#include <boost/asio/post.hpp>

#include "driver/memory_host.h"
#include "driver/volume_play_test.h"
#include "io/loop.h"
#include "io/scope.h"

namespace sluice::driver {
namespace {

class MemoryVolumes : public testing::Test {
 protected:
  // On a host with room for 1 MiB of bytes and an active pool 'p'.
  template <class Body>
  void with_pool(Body body) {
    io::run_here([&]() -> Task<> {
      MemoryHost host(co_await asio::this_coro::executor, clock_, {.volume_memory_max = 1024 * 1024});
      const auto pool = co_await host.storage()->create(pool_xml("p", "/p"), true);
      co_await body(host, *pool);
      co_await host.close();
    });
  }
  static Pieces pieces_of(const std::string& text) {
    Pieces from;
    for (std::size_t at = 0; at < text.size(); at += 10'000) from.pieces.push_back(piece_of(text.substr(at, 10'000)));
    return from;
  }

  io::SteadyClock clock_;
  Job job_{JobKind::upload};
};

TEST_F(MemoryVolumes, AnUploadFailsAtTheByteItWasToldTo) {
  const std::string old = pattern(100'000), sent = pattern(100'000, 3);
  with_pool([&](MemoryHost& host, Pool& pool) -> Task<> {
    const auto volume = co_await pool.create(volume_xml("a", 100'000));
    Pieces before = pieces_of(old);
    co_await volume->upload({}, before, job_);
    for (const std::uint64_t at : {0U, 1U, 10'000U, 12'345U, 100'000U}) {
      host.set_faults({.upload_fails_at = at, .reason = "a scratch"});
      Pieces from = pieces_of(sent);
      const Error why = co_await failure_of(volume->upload({}, from, job_));
      EXPECT_EQ(why.message, "cannot upload to volume 'a' of storage pool 'p': a scratch");
      host.set_faults({.download_fails_at = at, .reason = "another"});
      Collected to;
      EXPECT_EQ((co_await failure_of(volume->download({}, to, job_))).message,
                "cannot download volume 'a' of storage pool 'p': another");
      EXPECT_TRUE(to.bytes == sent.substr(0, at)) << at;
      host.set_faults({});
      Collected whole;
      co_await volume->download({}, whole, job_);
      EXPECT_TRUE(whole.bytes == sent.substr(0, at) + old.substr(at)) << at;
    }
  });
}

TEST_F(MemoryVolumes, ADiskThatDoesNotAnswerHoldsNobodyElseUp) {
  with_pool([&](MemoryHost& host, Pool& pool) -> Task<> {
    const auto stuck = co_await pool.create(volume_xml("a", 100'000));
    const auto other = co_await pool.create(volume_xml("b", 100'000));
    host.set_faults({.upload_hangs_at = 20'000});
    Pieces never = pieces_of(pattern(100'000)), well = pieces_of(pattern(100'000));
    auto body = [&](io::Scope& scope) -> Task<> {
      scope.spawn(stuck->upload({}, never, job_));
      while (never.pieces.size() > 8) co_await asio::post(asio::use_awaitable);
      host.set_faults({});
      Job job(JobKind::upload);
      co_await other->upload({}, well, job);
      co_await scope.close();
    };
    co_await io::scoped(body);
    EXPECT_EQ(never.pieces.size(), 8U);
    EXPECT_NE(never.stopped.find("cancelled"), std::string::npos) << never.stopped;
    co_await stuck->remove();
  });
}

TEST_F(MemoryVolumes, AFullMemoryEndsAnUploadAndWhatIsDeletedMakesRoom) {
  const std::string sent = pattern(800'000);
  with_pool([&](MemoryHost&, Pool& pool) -> Task<> {
    const auto first = co_await pool.create(volume_xml("a", 500'000));
    EXPECT_EQ((co_await pool.info()).capacity, 1024U * 1024);
    EXPECT_GE((co_await pool.info()).allocation, 500'000U);
    const Error too_large = co_await failure_of(pool.create(volume_xml("b", 800'000)));
    EXPECT_EQ(too_large.os_error, ENOSPC);
    EXPECT_TRUE(too_large.message.starts_with("cannot create volume 'b' of storage pool 'p': cannot take "))
        << too_large.message;
    const auto second = co_await pool.create(volume_xml("b", 800'000, sparse()));
    Pieces from = pieces_of(sent);
    const Error full = co_await failure_of(second->upload({}, from, job_));
    EXPECT_EQ(full.os_error, ENOSPC);
    EXPECT_EQ(full.domain, ErrorDomain::storage);
    EXPECT_EQ(from.stopped, full.message);
    EXPECT_NE((co_await second->xml()).find("<incomplete"), std::string::npos);
    EXPECT_EQ((co_await pool.info()).available, 0U);
    co_await first->remove();
    Pieces again = pieces_of(sent);
    co_await second->upload({}, again, job_);
    co_await second->remove();
    EXPECT_EQ((co_await pool.info()).allocation, 0U);
  });
}

TEST_F(MemoryVolumes, AreRaw) {
  with_pool([&](MemoryHost&, Pool& pool) -> Task<> {
    const Error why = co_await failure_of(pool.create(volume_xml("a", 10, "<target><format type='qcow2'/></target>")));
    EXPECT_EQ(why.code, Code::config_unsupported);
    EXPECT_EQ(why.message,
              "cannot create volume 'a' of storage pool 'p': format 'qcow2' is not supported in memory: only 'raw' is");
  });
}

TEST_F(MemoryVolumes, AreHeldLongerThanTheirHost) {
  io::run_here([&]() -> Task<> {
    std::shared_ptr<Volume> kept;
    {
      MemoryHost host(co_await asio::this_coro::executor, clock_);
      const auto pool = co_await host.storage()->create(pool_xml("p", "/p"), true);
      kept = co_await pool->create(volume_xml("a", 10));
      co_await host.close();
    }
    EXPECT_EQ(kept->path(), "/p/a");
    EXPECT_EQ((co_await kept->info()).capacity, 10U);
  });
}

TEST_F(MemoryVolumes, TheDefaultHostHasAPoolForThem) {
  io::run_here([&]() -> Task<> {
    const auto host = MemoryHost::with_default_machine(co_await asio::this_coro::executor, clock_);
    const auto pool = co_await lookup_pool(*host->storage(), "default-pool");
    EXPECT_TRUE(co_await pool->active());
    EXPECT_TRUE(co_await pool->persistent());
    EXPECT_EQ((co_await pool->create(volume_xml("a", 10)))->path(), "/default-pool/a");
    co_await host->close();
  });
}

}  // namespace
}  // namespace sluice::driver
