#pragma once
// Survey: asks everybody in the daemon for figures, and does not wait for ever. Who does not answer in time is asked no
// further question until he has; what he said before stands for him, so that no counter ever becomes smaller. Questions
// have numbers: who takes figures gets answers to what was asked when he came, or later, never to an earlier question
// that somebody else had under way.
//
//   Survey survey(service, host, disk, clock, executor, log);
//   auto body = [&](io::Scope& questions) -> Task<> {
//     const Metrics metrics = co_await survey.take(questions);  ...
//   };
//
// Everything on the executor given, which should have a thread of its own: what is asked for may be that all others are
// stuck. `questions` ends before the survey does.

#include <list>
#include <map>
#include <memory>
#include <vector>

#include "daemon/metrics.h"
#include "driver/host.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/scope.h"
#include "io/signal.h"
#include "service/service.h"

namespace sluice::daemon {

class Survey {
 public:
  Survey(const service::Service& service, driver::Host& host, const io::Disk& disk, io::Clock& clock,
         io::Executor executor, io::Logger log)
      : service_(service),
        host_(host),
        disk_(disk),
        clock_(clock),
        executor_(std::move(executor)),
        log_(std::move(log)) {}
  Survey(const Survey&) = delete;
  Survey& operator=(const Survey&) = delete;

  // Any number at once.
  io::Task<Metrics> take(io::Scope& questions);

 private:
  using Home = std::shared_ptr<const service::Census::Home>;
  // One who is asked. A question that comes while another one is under way is asked when that was answered.
  struct Asked {
    std::uint64_t wanted = 0, answered = 0;  // the last question of anybody, and the last one that has its answer
    bool under_way = false;
  };
  struct Known {
    service::Count count;
    Asked asked;
  };
  using Machines = std::array<std::uint64_t, machine_states>;

  std::vector<const Asked*> ask(io::Scope& questions, std::uint64_t question);  // everybody
  io::Task<> ask_home(Home home, Known& known);
  io::Task<> ask_for_machines();
  io::Task<> try_to_count_machines();
  io::Task<Machines> count_machines();
  io::Task<> until_answered(const std::vector<const Asked*>& all, std::uint64_t question);
  void answered();

  const service::Service& service_;
  driver::Host& host_;
  const io::Disk& disk_;
  io::Clock& clock_;
  const io::Executor executor_;
  const io::Logger log_;
  std::map<Home, Known> homes_;
  Machines machines_{};
  Asked machines_asked_;
  bool machines_failed_ = false;     // the last answer was a failure
  std::uint64_t last_question_ = 0;  // each that takes figures asks one
  std::list<io::Signal> waiting_;    // of each that takes figures
};

}  // namespace sluice::daemon
