#pragma once
// StreamWatch: tells one client, every so often, which of the streams it may see have changed.
//
//   StreamWatch watch(streams, clock, executor);
//   watch.begin(1s);                         // from now on, everything first; again: as from the start
//   co_await watch.run(viewer, behind, report);      // until it is cancelled; rests while nobody watches
//
// Everything on the executor of the client's connection.

#include <functional>
#include <map>
#include <optional>
#include <span>

#include "io/clock.h"
#include "io/signal.h"
#include "service/streams.h"

namespace sluice::service {

class StreamWatch {
 public:
  using Viewer = std::function<StreamViewer()>;
  using Report = std::function<void(std::vector<Listed> changed)>;  // never more than one event may carry

  StreamWatch(Streams& streams, io::Clock& clock) : streams_(streams), clock_(clock) {}

  void begin(Duration interval);
  void end();
  // A client for whom `behind` is true is told later, and then how things are by then.
  using Behind = std::function<bool()>;
  Task<> run(Viewer viewer, Behind behind, Report report);

 private:
  Task<> tell(const Viewer& viewer, const Report& report);
  Task<> rest();

  Streams& streams_;
  io::Clock& clock_;
  io::Signal changed_;
  std::optional<Duration> interval_;  // while somebody watches
  std::uint64_t begun_ = 0;           // how often it was begun or ended
  bool all_ = true;                   // are to be told, not only those that changed
  std::map<std::uint64_t, Listed> told_;
};

}  // namespace sluice::service
