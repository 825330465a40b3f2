#pragma once
// What the pools of a storage share: where blocking work goes, and which volumes are incomplete.

#include <memory>

#include "io/clock.h"
#include "io/failure.h"
#include "io/undo.h"
#include "storage/directory_storage.h"
#include "storage/incomplete.h"

namespace sluice::storage {

// Blocking work in one lane of the disk; it owns what it touches, for it goes on when the caller is cancelled. Its
// failures are the storage's.
class Blocking {
 public:
  explicit Blocking(io::Disk::Lane lane) : lane_(std::move(lane)) {}

  // Who has not answered when it is late, if it is not who the lane was made for.
  template <class Work>
  auto run(Work work, std::string who = {}) const -> io::Task<std::invoke_result_t<Work>> {
    try {
      co_return co_await lane_.run(std::move(work), std::move(who));
    } catch (io::Failure& failure) {
      if (failure.error.domain == ErrorDomain::none) failure.error.domain = ErrorDomain::storage;
      throw;
    }
  }

  // The same for what must be known to have happened or not: a cancellation is seen only afterwards.
  template <class Work>
  io::Task<> run_for_sure(Work work) const {
    const io::Executor here = co_await asio::this_coro::executor;
    auto run = [this, work = std::move(work)]() mutable { return this->run(std::move(work)); };
    co_await io::undisturbed(here, std::move(run));
  }

  // Closing a file may wait for its disk, too.
  void let_go(std::shared_ptr<void> what) const {
    lane_.submit([last = std::move(what)] {});
  }

 private:
  const io::Disk::Lane lane_;
};

// Work on the disk that needs it holds it: such work may outlive the storage.
class House {
 public:
  explicit House(Surroundings surroundings)
      : around(std::move(surroundings)), disk(around.disk.lane()), incomplete(around.store) {}

  const Surroundings around;
  const Blocking disk;  // for what lies beside the daemon's own state; a pool's has a lane of its own
  Incomplete incomplete;
};

// What happens in the directory of one pool, which may lie on a disk that does not answer: nobody else waits for it.
class PoolDisk final : public Blocking {
 public:
  PoolDisk(std::shared_ptr<House> its_house, const std::string& pool)
      : Blocking(its_house->around.disk.own_lane("the disk of storage pool '" + pool + "'")),
        house(std::move(its_house)) {}
  const std::shared_ptr<House> house;
};

}  // namespace sluice::storage
