// Changes of a pool that were given up while their disk goes on with them.

#include "driver/grounded_pool.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include "driver/memory_tree.h"
#include "driver/pools.h"
#include "driver/volume_play_test.h"
#include "io/fake_clock.h"
#include "io/loop.h"

namespace sluice::driver {
namespace {

// A disk that is late as long as it is told so, with work that goes on until `under_way` is let go of.
struct Late {
  bool is = true;
  std::shared_ptr<void> under_way;

  void work(std::shared_ptr<void> change) {
    if (!is) return;
    under_way = std::move(change);
    io::fail(Code::operation_timeout, "the disk has not answered", ErrorDomain::storage);
  }
};

struct LateSite final : Site {
  LateSite(Late& l, std::shared_ptr<const MemoryDisk> d) : late(l), disk(std::move(d)) {}
  Task<> make(model::PoolSpec, std::shared_ptr<void> change) override {
    late.work(std::move(change));
    co_return;
  }
  Task<> take_away(std::string, std::shared_ptr<void> change) override {
    late.work(std::move(change));
    co_return;
  }
  Task<std::shared_ptr<Ground>> open(std::string path, Opening, std::shared_ptr<void> change) override {
    late.work(std::move(change));
    co_return std::make_shared<MemoryGround>(disk, path);
  }
  Late& late;
  const std::shared_ptr<const MemoryDisk> disk;
};

struct LateGrounds final : Grounds {
  LateGrounds(Late& l, std::shared_ptr<const MemoryDisk> d) : late(l), disk(std::move(d)) {}
  std::unique_ptr<Site> site(const std::string&) override { return std::make_unique<LateSite>(late, disk); }
  Task<> put(PoolDefinition) override { co_return; }
  Task<> remove_definition(Uuid) override { co_return; }
  Late& late;
  const std::shared_ptr<const MemoryDisk> disk;
};

class GivenUpChange : public testing::Test {
 protected:
  template <class Body>
  void with_pools(Body body) {
    io::run_here([&]() -> Task<> {
      auto strand = asio::make_strand(co_await asio::this_coro::executor);
      const MemoryDisk disk{.strand = strand, .clock = clock_, .faults = [] { return Faults{}; }, .room = nullptr};
      Pools pools(strand, clock_, std::make_unique<LateGrounds>(late_, std::make_shared<const MemoryDisk>(disk)));
      co_await body(pools);
    });
  }

  Late late_;
  io::FakeClock clock_;
  const std::string xml_ = pool_xml("p", "/p");
};

TEST_F(GivenUpChange, KeepsTheNextOneOutUntilItIsOver) {
  with_pools([&](Pools& pools) -> Task<> {
    const std::shared_ptr<Pool> pool = co_await pools.define(xml_);
    struct Verb {
      Task<> (Pool::*change)();
      std::string doing;
    };
    for (const auto& [change, doing] :
         {Verb{&Pool::build, "built"}, Verb{&Pool::remove, "deleted"}, Verb{&Pool::start, "started"}}) {
      late_.is = true;
      EXPECT_EQ((co_await failure_of((*pool.*change)())).code, Code::operation_timeout);
      late_.is = false;
      EXPECT_EQ((co_await failure_of(pool->start())).message, "storage pool 'p' is being " + doing);
      late_.under_way.reset();
      co_await (*pool.*change)();
    }
    late_.is = true;
    EXPECT_EQ((co_await failure_of(pool->refresh())).code, Code::operation_timeout);
    EXPECT_EQ((co_await failure_of(pool->stop())).message, "storage pool 'p' is being refreshed");
    late_.under_way.reset();
    co_await pool->stop();
  });
}

TEST_F(GivenUpChange, OfANewPoolIsForgottenWhenItIsOver) {
  with_pools([&](Pools& pools) -> Task<> {
    EXPECT_EQ((co_await failure_of(pools.create(xml_, true))).code, Code::operation_timeout);
    EXPECT_TRUE((co_await pools.all()).empty());
    late_.is = false;
    const Error taken = co_await failure_of(pools.create(xml_, true));
    EXPECT_TRUE(taken.message.starts_with("there is a storage pool 'p' already, with uuid ")) << taken.message;
    late_.under_way.reset();
    co_await asio::post(asio::use_awaitable);
    co_await pools.create(xml_, true);
    EXPECT_EQ((co_await pools.all()).size(), 1U);
  });
}

}  // namespace
}  // namespace sluice::driver
