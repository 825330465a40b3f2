#pragma once
// Census: what all connections of one service have counted, loop by loop. Each loop adds up its own, so counting takes
// no lock; what connections that are over have counted stays.
//
//   const Census::Seat seat(census, executor, connection);      // while it serves, on that executor
//
//   for (const auto& home : census.homes()) all += co_await io::on(home->executor(), [=] { return counted(*home); });
//
// Executors are loops, and few: what was counted on one is kept as long as the census. Census may be used from any
// thread, and outlives the seats in it.

#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "service/count.h"

namespace sluice::service {

class Census {
 public:
  // The connections of one loop.
  class Home {
   public:
    explicit Home(io::Executor executor) : executor_(std::move(executor)) {}
    const io::Executor& executor() const { return executor_; }
    Count count() const;  // on that executor only

   private:
    friend class Census;
    const io::Executor executor_;
    std::set<const Counted*> here_;
    Past gone_;
  };

  // A connection among those that are counted. It must still be able to count when its seat dies.
  class Seat {
   public:
    Seat(Census& census, const io::Executor& executor, const Counted& who);
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    ~Seat();

   private:
    const std::shared_ptr<Home> home_;
    const Counted& who_;
  };

  Census() = default;
  Census(const Census&) = delete;
  Census& operator=(const Census&) = delete;

  std::vector<std::shared_ptr<const Home>> homes() const;

 private:
  std::shared_ptr<Home> home_of(const io::Executor& executor);

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Home>> homes_;
};

}  // namespace sluice::service
