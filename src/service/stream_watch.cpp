#include "service/stream_watch.h"

#include <utility>

#include "io/scope.h"

namespace sluice::service {
namespace {

Listed over(Listed stream) {
  remote::StreamInfo& info = stream.info;
  info.state = static_cast<std::int32_t>(remote::StreamPhase::over);
  info.waits = static_cast<std::int32_t>(remote::StreamWait::nothing);
  info.rate = info.window = info.held = 0;
  return stream;
}

}  // namespace

void StreamWatch::begin(Duration interval) {
  interval_ = interval;
  all_ = true;
  ++begun_;
  changed_.notify();
}

void StreamWatch::end() {
  interval_.reset();
  told_.clear();
  ++begun_;
  changed_.notify();
}

Task<> StreamWatch::run(Viewer viewer, Behind behind, Report report) {
  for (;;) {
    co_await changed_.until([this] { return interval_.has_value(); });
    const std::uint64_t begun = begun_;
    // Who begins has not taken the answer to that yet, and would wait for a whole interval.
    if (all_ || !behind()) co_await tell(viewer, report);
    if (begun == begun_) co_await rest();
  }
}

// The first report is sent whatever it holds: who watches an idle daemon sees that nothing flows.
Task<> StreamWatch::tell(const Viewer& viewer, const Report& report) {
  const std::uint64_t begun = begun_;
  const std::vector<Listed> streams = co_await streams_.list(viewer());
  if (begun != begun_) co_return;
  std::vector<Listed> changed;
  std::map<std::uint64_t, Listed> before = std::exchange(told_, {});
  for (const Listed& stream : streams) {
    const auto known = before.extract(stream.info.id);
    if (all_ || known.empty() || known.mapped() != stream) changed.push_back(stream);
    told_.emplace(stream.info.id, stream);
  }
  // Also when it begins again: somebody was told that they are there.
  for (auto& [id, stream] : before) changed.push_back(over(std::move(stream)));
  if (!std::exchange(all_, false) && changed.empty()) co_return;
  constexpr std::size_t most = decltype(remote::StreamReport::streams)::max;
  for (std::size_t at = 0; at == 0 || at < changed.size(); at += most) {
    const std::span part = std::span(changed).subspan(at, std::min(most, changed.size() - at));
    report({part.begin(), part.end()});
  }
}

// Until it is time again, or somebody begins or ends.
Task<> StreamWatch::rest() {
  auto changed = [this, before = begun_]() -> Task<> {
    co_await changed_.until([this, before] { return begun_ != before; });
  };
  auto first = [this, &changed](io::Scope& scope) -> Task<> {
    scope.spawn(clock_.sleep_until(clock_.now() + *interval_));
    scope.spawn(changed());
    co_await scope.any();
  };
  co_await io::scoped(first);
}

}  // namespace sluice::service
