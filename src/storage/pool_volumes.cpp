// DirectoryPool: what is in it, and what it tells of itself.

#include <fcntl.h>

#include "storage/creation.h"
#include "storage/directory_pool.h"
#include "storage/file_volume.h"

namespace sluice::storage {

io::Fd Access::open(int flags) const {
  io::Fd file = place->file(name, flags);
  if (!file) io::fail(Code::no_storage_vol, "there is no " + quoted(), ErrorDomain::storage);
  return file;
}

DirectoryPool::Task<std::shared_ptr<const Place>> DirectoryPool::place() {
  auto give = [self = shared_from_this()]() -> Task<std::shared_ptr<const Place>> {
    self->require_active();
    co_return self->place_;
  };
  co_return co_await here(std::move(give));
}

DirectoryPool::Task<Access> DirectoryPool::access(std::string volume, Use use) {
  auto give = [self = shared_from_this(), volume = std::move(volume), use = std::move(use)]() -> Task<Access> {
    self->require_active();
    co_return Access{.place = self->place_, .pool = self->name_, .name = volume, .use = self->uses_->take(volume, use)};
  };
  co_return co_await here(std::move(give));
}

std::shared_ptr<driver::Volume> DirectoryPool::volume(const Place& place, std::string name) {
  return std::make_shared<FileVolume>(shared_from_this(), std::move(name), place);
}

DirectoryPool::Task<std::vector<std::shared_ptr<driver::Volume>>> DirectoryPool::volumes() {
  const std::shared_ptr<const Place> where = co_await place();
  auto list = [where] { return where->names(); };
  std::vector<std::string> names = co_await disk_.run(std::move(list));
  std::vector<std::shared_ptr<driver::Volume>> found;
  for (std::string& name : names) found.push_back(volume(*where, std::move(name)));
  co_return found;
}

DirectoryPool::Task<std::shared_ptr<driver::Volume>> DirectoryPool::find(std::string name) {
  const std::shared_ptr<const Place> where = co_await place();
  auto look = [where, name] { return static_cast<bool>(where->file(name, O_RDONLY)); };
  const bool there = co_await disk_.run(std::move(look));
  co_return there ? volume(*where, std::move(name)) : nullptr;
}

DirectoryPool::Task<std::shared_ptr<driver::Volume>> DirectoryPool::create(std::string xml) {
  const model::VolumeSpec spec = io::or_throw(model::parse_volume(xml));
  const Access access = co_await this->access(spec.name, {.doing = "is being created", .alone = true});
  co_await create_volume(disk_, access, spec);
  co_return volume(*access.place, spec.name);
}

DirectoryPool::Task<std::shared_ptr<driver::Volume>> DirectoryPool::create_from(std::string xml,
                                                                                driver::Volume& original) {
  const model::VolumeSpec spec = io::or_throw(model::parse_volume(xml));
  auto* file = dynamic_cast<FileVolume*>(&original);
  if (file == nullptr) {
    io::fail(Code::argument_unsupported, "volume '" + original.ref().name + "' is not one of this storage's files",
             ErrorDomain::storage);
  }
  const Access access = co_await this->access(spec.name, {.doing = "is being created", .alone = true});
  const Access copied = co_await file->access({.doing = "is being cloned"});
  co_await clone_volume(disk_, access, spec, copied);
  co_return volume(*access.place, spec.name);
}

DirectoryPool::Task<driver::PoolInfo> DirectoryPool::info() {
  driver::PoolInfo info;
  auto look = [self = shared_from_this(), &info]() -> Task<std::shared_ptr<const Place>> {
    using enum driver::PoolState;
    info.state = self->place_ ? running : self->changing_ == "is being built" ? building : inactive;
    co_return self->place_;
  };
  const std::shared_ptr<const Place> where = co_await here(std::move(look));
  if (!where) co_return info;
  auto measure = [where] { return where->figures(); };
  const model::PoolFigures figures = co_await disk_.run(std::move(measure));
  info.capacity = figures.capacity;
  info.allocation = figures.allocation;
  info.available = figures.available;
  co_return info;
}

DirectoryPool::Task<std::string> DirectoryPool::xml(bool inactive) {
  struct Told {
    model::PoolSpec spec;
    std::shared_ptr<const Place> place;
  };
  auto look = [self = shared_from_this(), inactive]() -> Task<Told> {
    if (!self->known()) self->require_active();
    if (inactive && self->defined_) co_return Told{.spec = *self->defined_, .place = nullptr};
    co_return Told{.spec = self->spec(), .place = self->place_};
  };
  const Told told = co_await here(std::move(look));
  if (!told.place || inactive) co_return model::print_pool(told.spec);
  auto measure = [where = told.place] { return where->figures(); };
  const model::PoolFigures figures = co_await disk_.run(std::move(measure));
  co_return model::print_pool(told.spec, figures);
}

DirectoryPool::Task<bool> DirectoryPool::active() {
  auto look = [self = shared_from_this()]() -> Task<bool> { co_return self->is_active(); };
  co_return co_await here(std::move(look));
}
DirectoryPool::Task<bool> DirectoryPool::persistent() {
  auto look = [self = shared_from_this()]() -> Task<bool> { co_return self->defined_.has_value(); };
  co_return co_await here(std::move(look));
}
DirectoryPool::Task<bool> DirectoryPool::autostart() {
  auto look = [self = shared_from_this()]() -> Task<bool> { co_return self->autostart_; };
  co_return co_await here(std::move(look));
}

}  // namespace sluice::storage
