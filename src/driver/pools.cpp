#include "driver/pools.h"

#include <map>

#include "driver/grounded_pool.h"
#include "io/random.h"
#include "io/scope.h"

namespace sluice::driver {

using model::PoolSpec;

namespace {

PoolSpec parsed(const std::string& xml) {
  PoolSpec spec = io::or_throw(model::parse_pool(xml));
  if (!spec.has_uuid) spec.uuid = io::random_uuid();
  spec.has_uuid = true;
  return spec;
}

}  // namespace

struct Pools::Inside {
  Inside(io::Executor strand, io::Clock& clock, std::unique_ptr<Grounds> grounds)
      : house(std::make_shared<PoolHouse>(std::move(strand), clock, std::move(grounds))) {}

  // The pool of that uuid and name, new if there is none; refused if either, or the directory, belongs to another.
  std::shared_ptr<GroundedPool> claim(const PoolSpec& spec) {
    const auto refuse = [](std::string why) { io::fail(Code::operation_failed, std::move(why), ErrorDomain::storage); };
    std::shared_ptr<GroundedPool> claimed;
    for (const auto& [uuid, pool] : pools) {
      const bool same_uuid = uuid == spec.uuid, same_name = pool->name() == spec.name;
      if (same_uuid && same_name) {
        claimed = pool;
      } else if (same_uuid) {
        refuse("uuid " + uuid.text() + " belongs to storage pool '" + pool->name() + "', not to '" + spec.name + "'");
      } else if (same_name) {
        refuse("there is a storage pool '" + spec.name + "' already, with uuid " + uuid.text() + " instead of " +
               spec.uuid.text());
      } else if (pool->is_at(spec.path)) {
        refuse("directory '" + spec.path + "' belongs to storage pool '" + pool->name() + "', not to '" + spec.name +
               "'");
      }
    }
    if (claimed) return claimed;
    claimed = std::make_shared<GroundedPool>(house, spec.uuid, spec.name);
    pools.emplace(spec.uuid, claimed);
    return claimed;
  }

  // Does `work` with the pool a definition means; one that was new and came to nothing is forgotten again.
  template <class Work>
  Task<std::shared_ptr<Pool>> with(PoolSpec spec, Work work) {
    const std::shared_ptr<GroundedPool> pool = claim(spec);
    try {
      co_await work(*pool, std::move(spec));
    } catch (...) {
      pool->forget_if_nothing();
      throw;
    }
    co_return pool;
  }

  template <class Matches>
  std::shared_ptr<Pool> find(Matches matches) const {
    for (const auto& [uuid, pool] : pools) {
      if (pool->known() && matches(*pool)) return pool;
    }
    return nullptr;
  }

  Task<> start_marked(const io::Logger& log);
  static Task<> start_if_marked(std::shared_ptr<GroundedPool> pool, const io::Logger& log);

  std::shared_ptr<PoolHouse> house;
  std::map<Uuid, std::shared_ptr<GroundedPool>> pools;
};

Pools::Pools(io::Executor strand, io::Clock& clock, std::unique_ptr<Grounds> grounds)
    : inside_(std::make_shared<Inside>(std::move(strand), clock, std::move(grounds))) {
  inside_->house->forget = [weak = std::weak_ptr(inside_)](const GroundedPool& pool) {
    const auto inside = weak.lock();
    if (!inside) return;
    const auto found = inside->pools.find(pool.uuid());
    if (found != inside->pools.end() && found->second.get() == &pool) inside->pools.erase(found);
  };
}

Pools::~Pools() = default;

Task<> Pools::load(std::vector<PoolDefinition> definitions, io::Logger log) {
  auto put = [inside = inside_, &definitions, &log]() -> Task<> {
    for (const PoolDefinition& definition : definitions) {
      auto spec = model::parse_pool(definition.xml);
      if (!spec) {
        log.error("cannot read the definition of a storage pool",
                  {{"pool", definition.name}, {"reason", spec.error().message}});
        continue;
      }
      auto pool = std::make_shared<GroundedPool>(inside->house, definition.uuid, definition.name);
      pool->load(*std::move(spec), definition.autostart);
      inside->pools.emplace(definition.uuid, std::move(pool));
    }
    co_await inside->start_marked(log);
  };
  co_await io::on(inside_->house->strand, std::move(put));
}

Task<> Pools::Inside::start_marked(const io::Logger& log) {
  // At once: a disk that does not answer keeps nobody waiting longer than its own deadline.
  auto start_all = [all = pools, &log](io::Scope& scope) -> Task<> {
    for (const auto& [uuid, pool] : all) scope.spawn(start_if_marked(pool, log));
    co_await scope.join();
  };
  co_await io::scoped(start_all);
}

Task<> Pools::Inside::start_if_marked(std::shared_ptr<GroundedPool> pool, const io::Logger& log) {
  const bool marked = co_await pool->autostart();
  if (!marked) co_return;
  try {
    co_await pool->start_here();
  } catch (const io::Failure& failure) {
    log.error("cannot start a storage pool with the host", {{"pool", pool->name()}, {"reason", failure.error.message}});
  }
}

void Pools::begin_with(PoolSpec spec, std::shared_ptr<Ground> ground) {
  const std::shared_ptr<GroundedPool> pool = inside_->claim(spec);
  pool->begin_with(std::move(spec), std::move(ground));
}

Task<std::shared_ptr<Pool>> Pools::define(std::string xml) {
  auto define = [inside = inside_, spec = parsed(xml)] {
    return inside->with(spec, [](GroundedPool& pool, PoolSpec s) { return pool.define_here(std::move(s)); });
  };
  co_return co_await io::on(inside_->house->strand, std::move(define));
}

Task<std::shared_ptr<Pool>> Pools::create(std::string xml, bool build) {
  auto create = [inside = inside_, spec = parsed(xml), build] {
    return inside->with(spec,
                        [build](GroundedPool& pool, PoolSpec s) { return pool.create_here(std::move(s), build); });
  };
  co_return co_await io::on(inside_->house->strand, std::move(create));
}

Task<std::vector<std::shared_ptr<Pool>>> Pools::all() {
  auto list = [inside = inside_]() -> Task<std::vector<std::shared_ptr<Pool>>> {
    std::map<std::string, std::shared_ptr<Pool>> by_name;
    for (const auto& [uuid, pool] : inside->pools) {
      if (pool->known()) by_name.emplace(pool->name(), pool);
    }
    std::vector<std::shared_ptr<Pool>> all;
    for (auto& [name, pool] : by_name) all.push_back(std::move(pool));
    co_return all;
  };
  co_return co_await io::on(inside_->house->strand, std::move(list));
}

Task<std::shared_ptr<Pool>> Pools::find(Uuid uuid) {
  auto find = [inside = inside_, uuid]() -> Task<std::shared_ptr<Pool>> {
    co_return inside->find([&uuid](const GroundedPool& pool) { return pool.uuid() == uuid; });
  };
  co_return co_await io::on(inside_->house->strand, std::move(find));
}

Task<std::shared_ptr<Pool>> Pools::find(std::string name) {
  auto find = [inside = inside_, name]() -> Task<std::shared_ptr<Pool>> {
    co_return inside->find([&name](const GroundedPool& pool) { return pool.name() == name; });
  };
  co_return co_await io::on(inside_->house->strand, std::move(find));
}

Task<std::shared_ptr<Volume>> Pools::find_volume_by_path(std::string path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) co_return nullptr;
  const std::string directory = slash == 0 ? "/" : path.substr(0, slash);
  auto find = [inside = inside_, directory]() -> Task<std::shared_ptr<Pool>> {
    co_return inside->find([&](const GroundedPool& pool) { return pool.is_active() && pool.is_at(directory); });
  };
  const std::shared_ptr<Pool> pool = co_await io::on(inside_->house->strand, std::move(find));
  if (!pool) co_return nullptr;
  std::shared_ptr<Volume> volume = co_await pool->find(path.substr(slash + 1));
  co_return volume && volume->path() == path ? volume : nullptr;
}

std::shared_ptr<void> Pools::watch(std::function<void(const PoolEvent&)> told) {
  return inside_->house->watch(std::move(told));
}

}  // namespace sluice::driver
