#pragma once
// Strangers are those who have come and not shown yet who they are. There is room for so many; one more drives out the
// one who has been there longest of those at the places with most of them. So a flood drives out itself, and who is no
// part of it has all the time he needs.
//
//   const auto seat = strangers.enter("192.0.2.1", to_go);       // may drive out somebody else, who is told to go
//   strangers.leave(seat);                                       // he is known, or has gone
//
// All on one executor.

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>

namespace sluice::daemon {

class Strangers {
 public:
  struct Stranger {
    std::string place;
    std::uint64_t number;  // in the order of coming
    std::function<void()> to_go;
  };
  using Order = std::list<Stranger>;  // as they came
  using Seat = Order::iterator;

  explicit Strangers(std::size_t most) : most_(most) {}

  Seat enter(std::string place, std::function<void()> to_go);
  void leave(Seat seat);  // once; who is driven out has left
  std::size_t size() const { return count_; }

 private:
  void drive_one_out();

  const std::size_t most_;
  std::size_t count_ = 0;
  std::uint64_t next_ = 0;
  std::map<std::string, Order> places_;
};

}  // namespace sluice::daemon
