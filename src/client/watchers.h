#pragma once
// Watchers: who wants to hear of events of one kind. Belongs to the loop's thread; callbacks run where the engine runs
// them.
//
//   const std::uint64_t id = watchers.add(told);  ...  watchers.remove(id);
//   watchers.tell(engine, event);

#include <functional>
#include <map>
#include <memory>

#include "client/engine.h"

namespace sluice::client {

template <class Event>
class Watchers {
 public:
  using Told = std::function<void(const Event&)>;

  std::uint64_t add(Told told) {
    watchers_.emplace(next_, std::make_shared<Told>(std::move(told)));
    return next_++;
  }
  void remove(std::uint64_t id) { watchers_.erase(id); }
  void clear() { watchers_.clear(); }

  void tell(Engine& engine, const Event& event) {
    for (const auto& [id, told] : watchers_) {
      // Whoever stopped watching before the callback runs is not called any more.
      engine.call_back([weak = std::weak_ptr(told), event] {
        if (const auto alive = weak.lock()) (*alive)(event);
      });
    }
  }

 private:
  std::map<std::uint64_t, std::shared_ptr<Told>> watchers_;
  std::uint64_t next_ = 1;
};

}  // namespace sluice::client
