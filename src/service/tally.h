#pragma once
// Tally: what one connection counts while it answers calls. It belongs to the loop of its connection.
//
//   tally.begins(call);  ...  tally.over(call, ending);
//   Count count = tally.count(link);

#include <set>

#include "service/count.h"

namespace sluice::service {

class Tally {
 public:
  void begins(const link::Incoming& call) { under_way_.insert(&call); }
  void over(const link::Incoming& call, const link::Ending& how);

  // With what the connection's link has counted.
  Count count(const std::string& transport, const link::Link& link) const;

 private:
  static void count(const link::Incoming& call, Count& into);

  Past past_;
  std::set<const link::Incoming*> under_way_;
};

}  // namespace sluice::service
