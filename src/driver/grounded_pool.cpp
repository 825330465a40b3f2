#include "driver/grounded_pool.h"

#include <utility>

namespace sluice::driver {
namespace {

// libvirt's numbers of storage pool lifecycle events.
enum Event : std::int32_t { defined = 0, undefined = 1, started = 2, stopped = 3, created = 4, deleted = 5 };

}  // namespace

// Keeps a second change out while one waits for the disk, and while work of one that was given up still goes on there.
class GroundedPool::Change {
 public:
  Change(GroundedPool& pool, std::string what) {
    const std::string before = pool.changing();
    if (!before.empty()) pool.refuse(before);
    const std::shared_ptr<Changing> changing = pool.changing_;
    {
      const std::lock_guard lock(changing->mutex);
      changing->what = std::move(what);
    }
    auto end = [changing, strand = pool.house_->strand, weak = pool.weak_from_this()](void*) {
      {
        const std::lock_guard lock(changing->mutex);
        changing->what.clear();
      }
      asio::post(strand, [weak] {
        if (const auto changed = weak.lock()) changed->forget_if_nothing();
      });
    };
    until_over_ = std::shared_ptr<void>(nullptr, std::move(end));
  }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  const std::shared_ptr<void>& until_over() const { return until_over_; }

 private:
  std::shared_ptr<void> until_over_;
};

std::string GroundedPool::changing() const {
  const std::lock_guard lock(changing_->mutex);
  return changing_->what;
}

GroundedPool::GroundedPool(std::shared_ptr<PoolHouse> house, Uuid uuid, std::string name)
    : house_(std::move(house)),
      site_(house_->grounds->site(name)),
      uuid_(uuid),
      name_(std::move(name)),
      uses_(std::make_shared<Uses>(name_)) {}

void GroundedPool::refuse(const std::string& why) const {
  io::fail(Code::operation_invalid, "storage pool '" + name_ + "' " + why, ErrorDomain::storage);
}
void GroundedPool::require_active() const {
  if (!known()) io::fail(Code::no_storage_pool, "storage pool '" + name_ + "' is no more", ErrorDomain::storage);
  if (!ground_) refuse("is not active");
}
void GroundedPool::require_inactive() const {
  if (!known()) io::fail(Code::no_storage_pool, "storage pool '" + name_ + "' is no more", ErrorDomain::storage);
  if (ground_) refuse("is active");
}

bool GroundedPool::is_at(const std::string& path) const {
  return (defined_ && defined_->path == path) || (live_ && live_->path == path);
}

void GroundedPool::load(model::PoolSpec spec, bool autostart) {
  defined_ = std::move(spec);
  autostart_ = autostart;
}

void GroundedPool::begin_with(model::PoolSpec spec, std::shared_ptr<Ground> ground) {
  defined_ = spec;
  live_ = std::move(spec);
  ground_ = std::move(ground);
}

void GroundedPool::forget_if_nothing() {
  if (!known() && changing().empty()) house_->forget(*this);
}

Task<> GroundedPool::define_here(model::PoolSpec spec) {
  const Change change(*this, "is being defined");
  // From here on the directory is taken, also while the store is slow.
  const std::optional<model::PoolSpec> before = std::exchange(defined_, spec);
  try {
    const PoolDefinition definition{
        .uuid = uuid_, .name = name_, .xml = model::print_pool(spec), .autostart = autostart_};
    co_await house_->grounds->put(definition);
  } catch (...) {
    defined_ = before;
    throw;
  }
  tell(Event::defined);
}

Task<> GroundedPool::undefine_here() {
  const Change change(*this, "is being undefined");
  require_inactive();
  co_await house_->grounds->remove_definition(uuid_);
  defined_.reset();
  autostart_ = false;
  tell(Event::undefined);
}

Task<> GroundedPool::set_autostart_here(bool on) {
  const Change change(*this, "is being marked");
  if (!defined_) refuse("has no definition that could be marked for autostart");
  const PoolDefinition definition{.uuid = uuid_, .name = name_, .xml = model::print_pool(*defined_), .autostart = on};
  co_await house_->grounds->put(definition);
  autostart_ = on;
}

Task<> GroundedPool::start_here() {
  const Change change(*this, "is being started");
  require_inactive();
  live_ = defined_;
  try {
    ground_ = co_await site_->open(live_->path, Opening::first, change.until_over());
  } catch (...) {
    live_.reset();
    throw;
  }
  tell(Event::started);
}

Task<> GroundedPool::create_here(model::PoolSpec spec, bool build) {
  const Change change(*this, "is being started");
  if (ground_) refuse("is active");
  live_ = std::move(spec);
  try {
    if (build) co_await site_->make(*live_, change.until_over());
    ground_ = co_await site_->open(live_->path, Opening::first, change.until_over());
  } catch (...) {
    live_.reset();
    throw;
  }
  tell(Event::started);
}

Task<> GroundedPool::stop_here() {
  {
    const Change change(*this, "is being stopped");
    require_active();
    if (uses_->any()) refuse("is in use: volumes of it are being worked on");
    ground_.reset();
    live_.reset();
    tell(Event::stopped);
  }
  forget_if_nothing();
  co_return;
}

Task<> GroundedPool::refresh_here() {
  const Change change(*this, "is being refreshed");
  require_active();
  // Somebody may have put another one into its place. Nothing else of it is remembered.
  ground_ = co_await site_->open(live_->path, Opening::again, change.until_over());
  tell(PoolEvent::refreshed);
}

Task<> GroundedPool::build_here() {
  const Change change(*this, "is being built");
  require_inactive();
  co_await site_->make(*defined_, change.until_over());
  tell(Event::created);
}

Task<> GroundedPool::remove_here() {
  const Change change(*this, "is being deleted");
  require_inactive();
  co_await site_->take_away(defined_->path, change.until_over());
  tell(Event::deleted);
}

Task<> GroundedPool::build() {
  co_await here([self = shared_from_this()] { return self->build_here(); });
}
Task<> GroundedPool::start() {
  co_await here([self = shared_from_this()] { return self->start_here(); });
}
Task<> GroundedPool::stop() {
  co_await here([self = shared_from_this()] { return self->stop_here(); });
}
Task<> GroundedPool::refresh() {
  co_await here([self = shared_from_this()] { return self->refresh_here(); });
}
Task<> GroundedPool::remove() {
  co_await here([self = shared_from_this()] { return self->remove_here(); });
}
Task<> GroundedPool::set_autostart(bool on) {
  co_await here([self = shared_from_this(), on] { return self->set_autostart_here(on); });
}
Task<> GroundedPool::undefine() {
  auto undefine = [self = shared_from_this()]() -> Task<> {
    co_await self->undefine_here();
    self->forget_if_nothing();
  };
  co_await here(std::move(undefine));
}

}  // namespace sluice::driver
