// GroundedPool: what is in it, and what it tells of itself.

#include "driver/grounded_pool.h"
#include "driver/grounded_volume.h"
#include "driver/volume_rules.h"

namespace sluice::driver {

Task<std::shared_ptr<Ground>> GroundedPool::ground() {
  auto give = [self = shared_from_this()]() -> Task<std::shared_ptr<Ground>> {
    self->require_active();
    co_return self->ground_;
  };
  co_return co_await here(std::move(give));
}

Task<Held> GroundedPool::hold(std::string volume, Use use) {
  auto give = [self = shared_from_this(), volume = std::move(volume), use = std::move(use)]() -> Task<Held> {
    self->require_active();
    co_return Held{.ground = self->ground_, .pool = self->name_, .name = volume, .use = self->uses_->take(volume, use)};
  };
  co_return co_await here(std::move(give));
}

std::shared_ptr<Volume> GroundedPool::volume(const Ground& ground, std::string name) {
  return std::make_shared<GroundedVolume>(shared_from_this(), std::move(name), ground);
}

Task<std::vector<std::shared_ptr<Volume>>> GroundedPool::volumes() {
  const std::shared_ptr<Ground> where = co_await ground();
  std::vector<std::string> names = co_await where->names();
  std::vector<std::shared_ptr<Volume>> found;
  for (std::string& name : names) found.push_back(volume(*where, std::move(name)));
  co_return found;
}

Task<std::shared_ptr<Volume>> GroundedPool::find(std::string name) {
  const std::shared_ptr<Ground> where = co_await ground();
  const bool there = co_await where->contains(name);
  co_return there ? volume(*where, std::move(name)) : nullptr;
}

Task<std::shared_ptr<Volume>> GroundedPool::create(std::string xml) {
  const model::VolumeSpec spec = io::or_throw(model::parse_volume(xml));
  const Held held = co_await hold(spec.name, {.doing = "is being created", .alone = true});
  co_await held.ground->create(held, spec);
  co_return volume(*held.ground, spec.name);
}

Task<std::shared_ptr<Volume>> GroundedPool::create_from(std::string xml, Volume& original) {
  const model::VolumeSpec spec = io::or_throw(model::parse_volume(xml));
  auto* copied = dynamic_cast<GroundedVolume*>(&original);
  if (copied == nullptr || !copied->pool().is_of(*house_)) {
    io::fail(Code::argument_unsupported, "volume '" + original.ref().name + "' is not one of this storage",
             ErrorDomain::storage);
  }
  const Held held = co_await hold(spec.name, {.doing = "is being created", .alone = true});
  const Held from = co_await copied->hold({.doing = "is being cloned"});
  const model::VolumeFacts facts = co_await from.ground->facts(from);
  const model::VolumeSpec wanted = clone_of(facts, from, spec, held);
  co_await held.ground->clone(held, wanted, from);
  co_return volume(*held.ground, spec.name);
}

Task<PoolInfo> GroundedPool::info() {
  PoolInfo info;
  auto look = [self = shared_from_this(), &info]() -> Task<std::shared_ptr<Ground>> {
    using enum PoolState;
    info.state = self->ground_ ? running : self->changing() == "is being built" ? building : inactive;
    co_return self->ground_;
  };
  const std::shared_ptr<Ground> where = co_await here(std::move(look));
  if (!where) co_return info;
  const model::PoolFigures figures = co_await where->figures();
  info.capacity = figures.capacity;
  info.allocation = figures.allocation;
  info.available = figures.available;
  co_return info;
}

Task<std::string> GroundedPool::xml(bool inactive) {
  struct Told {
    model::PoolSpec spec;
    std::shared_ptr<Ground> ground;
  };
  auto look = [self = shared_from_this(), inactive]() -> Task<Told> {
    if (!self->known()) self->require_active();
    if (inactive && self->defined_) co_return Told{.spec = *self->defined_, .ground = nullptr};
    co_return Told{.spec = self->spec(), .ground = self->ground_};
  };
  const Told told = co_await here(std::move(look));
  if (!told.ground || inactive) co_return model::print_pool(told.spec);
  const model::PoolFigures figures = co_await told.ground->figures();
  co_return model::print_pool(told.spec, figures);
}

Task<bool> GroundedPool::active() {
  auto look = [self = shared_from_this()]() -> Task<bool> { co_return self->is_active(); };
  co_return co_await here(std::move(look));
}
Task<bool> GroundedPool::persistent() {
  auto look = [self = shared_from_this()]() -> Task<bool> { co_return self->defined_.has_value(); };
  co_return co_await here(std::move(look));
}
Task<bool> GroundedPool::autostart() {
  auto look = [self = shared_from_this()]() -> Task<bool> { co_return self->autostart_; };
  co_return co_await here(std::move(look));
}

}  // namespace sluice::driver
