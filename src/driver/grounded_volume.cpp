#include "driver/grounded_volume.h"

#include "driver/let_go.h"
#include "io/undo.h"

namespace sluice::driver {
namespace {

constexpr std::chrono::seconds let_go_max{1};

}  // namespace

Task<> GroundedVolume::upload(Range range, io::Source& from, Job& job) {
  // A write that is under way must not hit the next upload, and who failed may try again at once.
  LetGo writes(co_await asio::this_coro::executor);
  auto work = [&]() -> Task<> {
    const Held held = co_await hold({.doing = "is being uploaded to", .alone = true});
    co_await held.ground->upload(held, range, from, job, writes);
  };
  auto undo = [&](const Error& why) -> Task<Error> {
    Error error = named(why, "upload to");
    from.stop(error);
    // Not for ever: a write may hang. The volume is in use until it is over, and who tries again is told so.
    co_await writes.wait(pool_->clock(), let_go_max);
    co_return error;
  };
  co_await io::or_undo(work, undo);
}

Task<> GroundedVolume::download(Range range, io::Sink& to, Job& job) {
  std::exception_ptr failed;
  try {
    // Thousands of these may stand still at once: what was only needed to begin is gone then.
    Task<Task<>> begun = begin_download(range, to, job);
    Task<> work = co_await std::move(begun);
    co_await std::move(work);
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) give_up_download(to, failed);
}

Task<Task<>> GroundedVolume::begin_download(Range range, io::Sink& to, Job& job) {
  Held held = co_await hold({.doing = "is being downloaded"});
  const std::shared_ptr<Ground> ground = held.ground;
  co_return ground->download(std::move(held), range, to, job);
}

void GroundedVolume::give_up_download(io::Sink& to, const std::exception_ptr& failed) const {
  const Error error = named(io::reason(failed), "download");
  to.abort(error);
  throw io::Failure(error);
}

Error GroundedVolume::named(const Error& why, const std::string& verb) const {
  Error error = why.while_doing("cannot " + verb + " volume '" + name_ + "' of storage pool '" + pool_->name() + "'");
  error.domain = ErrorDomain::storage;
  return error;
}

Task<model::VolumeFacts> GroundedVolume::facts() {
  const std::shared_ptr<Ground> ground = co_await pool_->ground();
  const Held looked_at{.ground = ground, .pool = pool_->name(), .name = name_, .use = nullptr};
  co_return co_await ground->facts(looked_at);
}

Task<VolumeInfo> GroundedVolume::info() {
  const model::VolumeFacts known = co_await facts();
  co_return VolumeInfo{.capacity = known.capacity, .allocation = known.allocation, .physical = known.physical};
}

Task<std::string> GroundedVolume::xml() {
  const model::VolumeFacts known = co_await facts();
  co_return model::print_volume(known);
}

Task<> GroundedVolume::resize(std::uint64_t capacity, ResizeOptions options) {
  const Held held = co_await hold({.doing = "is being resized", .alone = true});
  co_await held.ground->resize(held, capacity, options);
}

Task<> GroundedVolume::wipe() {
  const Held held = co_await hold({.doing = "is being wiped", .alone = true});
  co_await held.ground->wipe(held);
}

Task<> GroundedVolume::remove() {
  const Held held = co_await hold({.doing = "is being deleted", .alone = true});
  co_await held.ground->remove(held);
}

}  // namespace sluice::driver
