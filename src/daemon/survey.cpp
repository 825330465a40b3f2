#include "daemon/survey.h"

#include <algorithm>
#include <utility>

#include "io/failure.h"

namespace sluice::daemon {
namespace {

constexpr Duration patience = std::chrono::seconds(2);

}  // namespace

io::Task<Metrics> Survey::take(io::Scope& questions) {
  ask(questions);
  auto first = [this](io::Scope& scope) -> io::Task<> {
    scope.spawn(clock_.sleep_until(clock_.now() + patience));
    scope.spawn(until_answered());
    co_await scope.any();
  };
  co_await io::scoped(first);

  Metrics metrics;
  for (const auto& [home, known] : homes_) {
    metrics.count += known.count;
    metrics.loops_old += known.asked ? 1 : 0;
  }
  metrics.machines = machines_;
  metrics.machines_old = machines_asked_ || machines_old_;
  metrics.window_budget = service_.budget().size();
  metrics.window_reserved = metrics.window_budget - service_.budget().left();
  metrics.disk = disk_.figures();
  metrics.process = ProcessFigures::now();
  co_return metrics;
}

void Survey::ask(io::Scope& questions) {
  for (const Home& home : service_.census().homes()) {
    Known& known = homes_[home];
    if (!std::exchange(known.asked, true)) questions.spawn(ask(home, known));
  }
  if (!std::exchange(machines_asked_, true)) questions.spawn(ask_for_machines());
}

io::Task<> Survey::ask(Home home, Known& known) {
  auto count = [home]() -> io::Task<service::Count> { co_return home->count(); };
  known.count = co_await io::on(home->executor(), std::move(count));
  known.asked = false;
  answered();
}

io::Task<> Survey::ask_for_machines() {
  std::exception_ptr failed;
  try {
    machines_ = co_await count_machines();
  } catch (...) {
    failed = std::current_exception();
  }
  const bool over = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
  if (failed && over) std::rethrow_exception(failed);
  if (failed) log_.warning("machines cannot be counted", {{"why", io::reason(failed).message}});
  machines_old_ = failed != nullptr;
  machines_asked_ = false;
  answered();
}

io::Task<Survey::Machines> Survey::count_machines() {
  Machines counted{};
  const auto machines = co_await host_.machines();
  for (const auto& machine : machines) {
    const driver::MachineInfo info = co_await machine->info();
    const auto state = static_cast<std::size_t>(info.state);
    if (state < counted.size()) ++counted[state];
  }
  co_return counted;
}

bool Survey::all_answered() const {
  return !machines_asked_ && std::ranges::none_of(homes_, [](const auto& home) { return home.second.asked; });
}

io::Task<> Survey::until_answered() {
  const auto mine = waiting_.emplace(waiting_.end(), executor_);
  struct Leave {
    std::list<io::Signal>& all;
    std::list<io::Signal>::iterator mine;
    ~Leave() { all.erase(mine); }
  };
  const Leave leave{waiting_, mine};
  co_await mine->until([this] { return all_answered(); });
}

void Survey::answered() {
  for (io::Signal& one : waiting_) one.notify();
}

}  // namespace sluice::daemon
