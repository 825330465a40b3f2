#include "daemon/survey.h"

#include <algorithm>
#include <utility>

#include "io/failure.h"

namespace sluice::daemon {
namespace {

constexpr Duration patience = std::chrono::seconds(2);

}  // namespace

io::Task<Metrics> Survey::take(io::Scope& questions) {
  const std::uint64_t question = ++last_question_;
  const std::vector<const Asked*> all = ask(questions, question);
  auto first = [&](io::Scope& scope) -> io::Task<> {
    scope.spawn(clock_.sleep_until(clock_.now() + patience));
    scope.spawn(until_answered(all, question));
    co_await scope.any();
  };
  co_await io::scoped(first);

  Metrics metrics;
  for (const auto& [home, known] : homes_) {
    metrics.count += known.count;
    // One that began meanwhile is asked by others.
    const bool mine = std::ranges::find(all, &known.asked) != all.end();
    metrics.loops_old += mine && known.asked.answered < question ? 1 : 0;
  }
  metrics.machines = machines_;
  metrics.machines_old = machines_asked_.answered < question || machines_failed_;
  metrics.window_budget = service_.budget().size();
  metrics.window_reserved = metrics.window_budget - service_.budget().left();
  metrics.disk = disk_.figures();
  metrics.process = ProcessFigures::now();
  co_return metrics;
}

std::vector<const Survey::Asked*> Survey::ask(io::Scope& questions, std::uint64_t question) {
  std::vector<const Asked*> all{&machines_asked_};
  for (const Home& home : service_.census().homes()) {
    Known& known = homes_[home];
    known.asked.wanted = question;
    all.push_back(&known.asked);
    if (!std::exchange(known.asked.under_way, true)) questions.spawn(ask_home(home, known));
  }
  machines_asked_.wanted = question;
  if (!std::exchange(machines_asked_.under_way, true)) questions.spawn(ask_for_machines());
  return all;
}

io::Task<> Survey::ask_home(Home home, Known& known) {
  while (known.asked.answered < known.asked.wanted) {
    const std::uint64_t question = known.asked.wanted;
    auto count = [home]() -> io::Task<service::Count> { co_return home->count(); };
    known.count = co_await io::on(home->executor(), std::move(count));
    known.asked.answered = question;
    answered();
  }
  known.asked.under_way = false;
}

io::Task<> Survey::ask_for_machines() {
  while (machines_asked_.answered < machines_asked_.wanted) {
    const std::uint64_t question = machines_asked_.wanted;
    co_await try_to_count_machines();
    machines_asked_.answered = question;
    answered();
  }
  machines_asked_.under_way = false;
}

io::Task<> Survey::try_to_count_machines() {
  std::exception_ptr failed;
  try {
    machines_ = co_await count_machines();
  } catch (...) {
    failed = std::current_exception();
  }
  const bool over = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
  if (failed && over) std::rethrow_exception(failed);
  if (failed) log_.warning("machines cannot be counted", {{"why", io::reason(failed).message}});
  machines_failed_ = failed != nullptr;
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

io::Task<> Survey::until_answered(const std::vector<const Asked*>& all, std::uint64_t question) {
  const auto mine = waiting_.emplace(waiting_.end());
  struct Leave {
    std::list<io::Signal>& all;
    std::list<io::Signal>::iterator mine;
    ~Leave() { all.erase(mine); }
  };
  const Leave leave{waiting_, mine};
  co_await mine->until(
      [&] { return std::ranges::all_of(all, [question](const Asked* one) { return one->answered >= question; }); });
}

void Survey::answered() {
  for (io::Signal& one : waiting_) one.notify();
}

}  // namespace sluice::daemon
