#include "storage/directory_pool.h"

#include "storage/pool_directory.h"

namespace sluice::storage {
namespace {

// libvirt's numbers of storage pool lifecycle events.
enum Event : std::int32_t { defined = 0, undefined = 1, started = 2, stopped = 3, created = 4, deleted = 5 };

}  // namespace

// Keeps a second change out while one waits for the disk.
class DirectoryPool::Change {
 public:
  Change(DirectoryPool& pool, std::string what) : pool_(pool) {
    if (!pool.changing_.empty()) pool.refuse(pool.changing_);
    pool.changing_ = std::move(what);
  }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;
  ~Change() { pool_.changing_.clear(); }

 private:
  DirectoryPool& pool_;
};

DirectoryPool::DirectoryPool(std::shared_ptr<House> house, Uuid uuid, std::string name)
    : house_(std::move(house)),
      disk_(*house_, name),
      uuid_(uuid),
      name_(std::move(name)),
      uses_(std::make_shared<Uses>(name_)) {}

void DirectoryPool::refuse(const std::string& why) const {
  io::fail(Code::operation_invalid, "storage pool '" + name_ + "' " + why, ErrorDomain::storage);
}
void DirectoryPool::require_active() const {
  if (!known()) io::fail(Code::no_storage_pool, "storage pool '" + name_ + "' is no more", ErrorDomain::storage);
  if (!place_) refuse("is not active");
}
void DirectoryPool::require_inactive() const {
  if (!known()) io::fail(Code::no_storage_pool, "storage pool '" + name_ + "' is no more", ErrorDomain::storage);
  if (place_) refuse("is active");
}

bool DirectoryPool::is_at(const std::string& path) const {
  return (defined_ && defined_->path == path) || (live_ && live_->path == path);
}

void DirectoryPool::load(const driver::PoolDefinition& definition, model::PoolSpec spec) {
  defined_ = std::move(spec);
  autostart_ = definition.autostart;
}

void DirectoryPool::forget_if_nothing() {
  if (!known() && changing_.empty()) house_->forget(*this);
}

DirectoryPool::Task<> DirectoryPool::define_here(model::PoolSpec spec) {
  const Change change(*this, "is being defined");
  // From here on the directory is taken, also while the store is slow.
  const std::optional<model::PoolSpec> before = std::exchange(defined_, spec);
  try {
    const driver::PoolDefinition definition{
        .uuid = uuid_, .name = name_, .xml = model::print_pool(spec), .autostart = autostart_};
    auto put = [&store = house_->around.store, definition] { store.put(definition); };
    co_await house_->disk.run_for_sure(std::move(put));
  } catch (...) {
    defined_ = before;
    throw;
  }
  tell(Event::defined);
}

DirectoryPool::Task<> DirectoryPool::undefine_here() {
  const Change change(*this, "is being undefined");
  require_inactive();
  auto remove = [&store = house_->around.store, uuid = uuid_] { store.remove_pool(uuid); };
  co_await house_->disk.run_for_sure(std::move(remove));
  defined_.reset();
  autostart_ = false;
  tell(Event::undefined);
}

DirectoryPool::Task<> DirectoryPool::set_autostart_here(bool on) {
  const Change change(*this, "is being marked");
  if (!defined_) refuse("has no definition that could be marked for autostart");
  const driver::PoolDefinition definition{
      .uuid = uuid_, .name = name_, .xml = model::print_pool(*defined_), .autostart = on};
  auto put = [&store = house_->around.store, definition] { store.put(definition); };
  co_await house_->disk.run_for_sure(std::move(put));
  autostart_ = on;
}

DirectoryPool::Task<> DirectoryPool::open_place(std::string path) {
  auto open = [path = std::move(path)] {
    std::shared_ptr<const Place> place = Place::open(path);
    place->forget_drafts();
    return place;
  };
  place_ = co_await disk_.run(std::move(open));
}

DirectoryPool::Task<> DirectoryPool::start_here() {
  const Change change(*this, "is being started");
  require_inactive();
  live_ = defined_;
  try {
    co_await open_place(live_->path);
  } catch (...) {
    live_.reset();
    throw;
  }
  tell(Event::started);
}

DirectoryPool::Task<> DirectoryPool::create_here(model::PoolSpec spec, bool build) {
  const Change change(*this, "is being started");
  if (place_) refuse("is active");
  live_ = std::move(spec);
  try {
    if (build) {
      auto make = [spec = *live_] { make_directory(spec); };
      co_await disk_.run(std::move(make));
    }
    co_await open_place(live_->path);
  } catch (...) {
    live_.reset();
    throw;
  }
  tell(Event::started);
}

DirectoryPool::Task<> DirectoryPool::stop_here() {
  {
    const Change change(*this, "is being stopped");
    require_active();
    if (uses_->any()) refuse("is in use: volumes of it are being worked on");
    place_.reset();
    live_.reset();
    tell(Event::stopped);
  }
  forget_if_nothing();
  co_return;
}

DirectoryPool::Task<> DirectoryPool::refresh_here() {
  const Change change(*this, "is being refreshed");
  require_active();
  // Opened again: somebody may have put another directory into its place. Nothing else of it is remembered.
  auto open = [path = live_->path] {
    std::shared_ptr<const Place> place = Place::open(path);
    static_cast<void>(place->names());
    return place;
  };
  place_ = co_await disk_.run(std::move(open));
  tell(driver::PoolEvent::refreshed);
}

DirectoryPool::Task<> DirectoryPool::build_here() {
  const Change change(*this, "is being built");
  require_inactive();
  auto make = [spec = *defined_] { make_directory(spec); };
  co_await disk_.run(std::move(make));
  tell(Event::created);
}

DirectoryPool::Task<> DirectoryPool::remove_here() {
  const Change change(*this, "is being deleted");
  require_inactive();
  auto remove = [path = defined_->path] { remove_directory(path); };
  co_await disk_.run(std::move(remove));
  tell(Event::deleted);
}

DirectoryPool::Task<> DirectoryPool::build() {
  co_await here([self = shared_from_this()] { return self->build_here(); });
}
DirectoryPool::Task<> DirectoryPool::start() {
  co_await here([self = shared_from_this()] { return self->start_here(); });
}
DirectoryPool::Task<> DirectoryPool::stop() {
  co_await here([self = shared_from_this()] { return self->stop_here(); });
}
DirectoryPool::Task<> DirectoryPool::refresh() {
  co_await here([self = shared_from_this()] { return self->refresh_here(); });
}
DirectoryPool::Task<> DirectoryPool::remove() {
  co_await here([self = shared_from_this()] { return self->remove_here(); });
}
DirectoryPool::Task<> DirectoryPool::set_autostart(bool on) {
  co_await here([self = shared_from_this(), on] { return self->set_autostart_here(on); });
}
DirectoryPool::Task<> DirectoryPool::undefine() {
  auto undefine = [self = shared_from_this()]() -> Task<> {
    co_await self->undefine_here();
    self->forget_if_nothing();
  };
  co_await here(std::move(undefine));
}

}  // namespace sluice::storage
