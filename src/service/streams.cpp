#include "service/streams.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"
#include "io/failure.h"

namespace sluice::service {
namespace {

using remote::StreamInfo;

std::int64_t ms_since_1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

[[noreturn]] void not_there(std::uint64_t id) {
  io::fail(Code::invalid_stream, "there is no stream " + std::to_string(id), ErrorDomain::streams);
}

bool may_see(const StreamViewer& viewer, const StreamUser& opener) {
  if (viewer.all || viewer.user.session == opener.session) return true;
  return !viewer.user.principal.empty() && viewer.user.principal == opener.principal;
}

Error cancelled_error(const StreamViewer& by, const std::string& reason) {
  return {.code = Code::operation_aborted,
          .message = "cancelled by " + by.user.name + (reason.empty() ? "" : ": " + reason),
          .domain = ErrorDomain::streams};
}

}  // namespace

Streams::~Streams() { ensure(entries_.empty(), "streams are over before what lists them"); }

void Streams::enter(link::Incoming& call, std::shared_ptr<const StreamUser> opener, const io::Executor& home) {
  const auto entry = std::make_shared<Entry>(
      Entry{.id = 0, .opener = std::move(opener), .home = home, .call = &call, .opened_ms = ms_since_1970()});
  {
    const std::lock_guard lock(mutex_);
    entry->id = ++last_id_;
    entries_.emplace(entry->id, entry);
  }
  call.keep(std::shared_ptr<void>(nullptr, [this, entry](void*) {
    entry->call = nullptr;
    forget(entry->id);
  }));
}

void Streams::forget(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(id);
}

// --- who looks
// --------------------------------------------------------------------------------------------------------

Streams::Entries Streams::seen_by(const StreamViewer& viewer) const {
  Entries seen;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : entries_) {
    if (may_see(viewer, *entry->opener)) seen.push_back(entry);
  }
  return seen;
}

std::shared_ptr<Streams::Entry> Streams::find(std::uint64_t id, const StreamViewer& viewer) const {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(id);
  if (at == entries_.end() || !may_see(viewer, *at->second->opener)) not_there(id);
  return at->second;
}

Listed Streams::Entry::listed() const {
  const link::Figures figures = call->figures();
  StreamInfo info{.id = id,
                  .session = opener->session,
                  .peer = opener->name,
                  .program = call->id().program,
                  .procedure = call->id().procedure,
                  .serial = call->id().serial,
                  .object = figures.about.object,
                  .direction = static_cast<std::int32_t>(call->proc().stream),
                  .state = static_cast<std::int32_t>(figures.phase),
                  .in = figures.in,
                  .out = figures.out,
                  .total = figures.about.total,
                  .rate = figures.rate,
                  .limit = figures.limit,
                  .window = figures.window,
                  .held = figures.held,
                  .copied = figures.copied,
                  .waits = static_cast<std::int32_t>(figures.waits),
                  .opened_ms = opened_ms};
  // One that is over weighs nothing any more.
  return {.info = std::move(info), .weight = figures.weight == 0 ? remote::Weight::usual : figures.weight};
}

// Each loop is visited once, by one task after another: who lists is in no hurry.
Task<std::vector<Listed>> Streams::list(StreamViewer viewer) {
  std::vector<std::pair<io::Executor, Entries>> homes;
  for (const std::shared_ptr<Entry>& entry : seen_by(viewer)) {
    auto home = std::ranges::find(homes, entry->home, &std::pair<io::Executor, Entries>::first);
    if (home == homes.end()) home = homes.insert(homes.end(), {entry->home, {}});
    home->second.push_back(entry);
  }
  std::vector<Listed> all;
  for (auto& [home, entries] : homes) {
    auto look = [here = std::move(entries)]() -> Task<std::vector<Listed>> {
      std::vector<Listed> found;
      for (const std::shared_ptr<Entry>& entry : here) {
        if (entry->call != nullptr) found.push_back(entry->listed());
      }
      co_return found;
    };
    const std::vector<Listed> found = co_await io::on(home, std::move(look));
    all.insert(all.end(), found.begin(), found.end());
  }
  std::ranges::sort(all, {}, [](const Listed& stream) { return stream.info.id; });
  co_return all;
}

Task<> Streams::cancel(std::uint64_t id, StreamViewer viewer, std::string reason) {
  const std::shared_ptr<Entry> entry = find(id, viewer);
  auto end = [entry, why = cancelled_error(viewer, reason)]() -> Task<> {
    if (entry->call == nullptr) not_there(entry->id);
    if (!entry->call->cancel(why)) {
      io::fail(Code::operation_invalid,
               "stream " + std::to_string(entry->id) + " cannot be cancelled any more: it is ending already",
               ErrorDomain::streams);
    }
    co_return;
  };
  co_await io::on(entry->home, std::move(end));
}

Task<std::uint64_t> Streams::limit(std::uint64_t id, StreamViewer viewer, std::uint64_t bytes_per_second) {
  const std::shared_ptr<Entry> entry = find(id, viewer);
  auto set = [entry, bytes_per_second]() -> Task<std::uint64_t> {
    if (entry->call == nullptr) not_there(entry->id);
    co_return entry->call->limit(bytes_per_second);
  };
  co_return co_await io::on(entry->home, std::move(set));
}

Task<> Streams::weigh(std::uint64_t id, StreamViewer viewer, std::uint32_t weight) {
  const std::shared_ptr<Entry> entry = find(id, viewer);
  auto set = [entry, weight]() -> Task<> {
    if (entry->call == nullptr) not_there(entry->id);
    if (entry->call->weigh(weight)) co_return;
    if (entry->call->figures().weight == 0) {
      io::fail(Code::operation_invalid,
               "stream " + std::to_string(entry->id) + " cannot be weighed any more: it is ending already",
               ErrorDomain::streams);
    }
    io::fail(Code::operation_unsupported,
             "stream " + std::to_string(entry->id) + " cannot be weighed: its client sends it, and knows no weights",
             ErrorDomain::streams);
  };
  co_await io::on(entry->home, std::move(set));
}

}  // namespace sluice::service
