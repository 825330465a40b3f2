#include "storage/directory_storage.h"

#include <algorithm>
#include <map>

#include "io/random.h"
#include "io/scope.h"
#include "storage/directory_pool.h"
#include "storage/house.h"

namespace sluice::storage {

using driver::Pool;
using driver::Volume;
using io::Task;
using model::PoolSpec;

namespace {

PoolSpec parsed(const std::string& xml) {
  PoolSpec spec = io::or_throw(model::parse_pool(xml));
  if (!spec.has_uuid) spec.uuid = io::random_uuid();
  spec.has_uuid = true;
  return spec;
}

}  // namespace

struct DirectoryStorage::Inside {
  explicit Inside(Surroundings surroundings) : house(std::make_shared<House>(std::move(surroundings))) {}

  // The pool of that uuid and name, new if there is none; refused if either, or the directory, belongs to another.
  std::shared_ptr<DirectoryPool> claim(const PoolSpec& spec) {
    const auto refuse = [](std::string why) { io::fail(Code::operation_failed, std::move(why), ErrorDomain::storage); };
    std::shared_ptr<DirectoryPool> claimed;
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
    claimed = std::make_shared<DirectoryPool>(house, spec.uuid, spec.name);
    pools.emplace(spec.uuid, claimed);
    return claimed;
  }

  // Does `work` with the pool a definition means; one that was new and came to nothing is forgotten again.
  template <class Work>
  Task<std::shared_ptr<Pool>> with(PoolSpec spec, Work work) {
    const std::shared_ptr<DirectoryPool> pool = claim(spec);
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

  Task<> start_marked();
  Task<> start_if_marked(std::shared_ptr<DirectoryPool> pool);

  std::shared_ptr<House> house;
  std::map<Uuid, std::shared_ptr<DirectoryPool>> pools;
};

DirectoryStorage::DirectoryStorage(Surroundings surroundings)
    : inside_(std::make_shared<Inside>(std::move(surroundings))) {
  inside_->house->forget = [weak = std::weak_ptr(inside_)](const DirectoryPool& pool) {
    const auto inside = weak.lock();
    if (!inside) return;
    const auto found = inside->pools.find(pool.uuid());
    if (found != inside->pools.end() && found->second.get() == &pool) inside->pools.erase(found);
  };
}

DirectoryStorage::~DirectoryStorage() = default;

Task<> DirectoryStorage::load() {
  const std::shared_ptr<Inside> inside = inside_;
  auto read = [house = inside->house] {
    house->incomplete.load();
    return house->around.store.pools();
  };
  const std::vector<driver::PoolDefinition> definitions = co_await inside->house->disk.run(std::move(read));
  auto put = [inside, &definitions]() -> Task<> {
    for (const driver::PoolDefinition& definition : definitions) {
      auto spec = model::parse_pool(definition.xml);
      if (!spec) {
        inside->house->around.log.error("cannot read the definition of a storage pool",
                                        {{"pool", definition.name}, {"reason", spec.error().message}});
        continue;
      }
      auto pool = std::make_shared<DirectoryPool>(inside->house, definition.uuid, definition.name);
      pool->load(definition, *std::move(spec));
      inside->pools.emplace(definition.uuid, std::move(pool));
    }
    co_await inside->start_marked();
  };
  co_await io::on(inside->house->around.strand, std::move(put));
}

Task<> DirectoryStorage::Inside::start_marked() {
  // At once: a disk that does not answer keeps nobody waiting longer than its own deadline.
  auto start_all = [this](io::Scope& scope) -> Task<> {
    for (const auto& [uuid, pool] : pools) scope.spawn(start_if_marked(pool));
    co_await scope.join();
  };
  co_await io::scoped(start_all);
}

Task<> DirectoryStorage::Inside::start_if_marked(std::shared_ptr<DirectoryPool> pool) {
  const bool marked = co_await pool->autostart();
  if (!marked) co_return;
  try {
    co_await pool->start_here();
  } catch (const io::Failure& failure) {
    house->around.log.error("cannot start a storage pool with the host",
                            {{"pool", pool->name()}, {"reason", failure.error.message}});
  }
}

Task<std::shared_ptr<Pool>> DirectoryStorage::define(std::string xml) {
  auto define = [inside = inside_, spec = parsed(xml)] {
    return inside->with(spec, [](DirectoryPool& pool, PoolSpec s) { return pool.define_here(std::move(s)); });
  };
  co_return co_await io::on(inside_->house->around.strand, std::move(define));
}

Task<std::shared_ptr<Pool>> DirectoryStorage::create(std::string xml, bool build) {
  auto create = [inside = inside_, spec = parsed(xml), build] {
    return inside->with(spec,
                        [build](DirectoryPool& pool, PoolSpec s) { return pool.create_here(std::move(s), build); });
  };
  co_return co_await io::on(inside_->house->around.strand, std::move(create));
}

Task<std::vector<std::shared_ptr<Pool>>> DirectoryStorage::pools() {
  auto list = [inside = inside_]() -> Task<std::vector<std::shared_ptr<Pool>>> {
    std::map<std::string, std::shared_ptr<Pool>> by_name;
    for (const auto& [uuid, pool] : inside->pools) {
      if (pool->known()) by_name.emplace(pool->name(), pool);
    }
    std::vector<std::shared_ptr<Pool>> all;
    for (auto& [name, pool] : by_name) all.push_back(std::move(pool));
    co_return all;
  };
  co_return co_await io::on(inside_->house->around.strand, std::move(list));
}

Task<std::shared_ptr<Pool>> DirectoryStorage::find_pool(Uuid uuid) {
  auto find = [inside = inside_, uuid]() -> Task<std::shared_ptr<Pool>> {
    co_return inside->find([&uuid](const DirectoryPool& pool) { return pool.uuid() == uuid; });
  };
  co_return co_await io::on(inside_->house->around.strand, std::move(find));
}

Task<std::shared_ptr<Pool>> DirectoryStorage::find_pool(std::string name) {
  auto find = [inside = inside_, name]() -> Task<std::shared_ptr<Pool>> {
    co_return inside->find([&name](const DirectoryPool& pool) { return pool.name() == name; });
  };
  co_return co_await io::on(inside_->house->around.strand, std::move(find));
}

Task<std::shared_ptr<Volume>> DirectoryStorage::find_volume_by_key(std::string key) {
  co_return co_await find_volume_by_path(std::move(key));  // a file's key is its path
}

Task<std::shared_ptr<Volume>> DirectoryStorage::find_volume_by_path(std::string path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) co_return nullptr;
  const std::string directory = slash == 0 ? "/" : path.substr(0, slash);
  auto find = [inside = inside_, directory]() -> Task<std::shared_ptr<Pool>> {
    co_return inside->find([&](const DirectoryPool& pool) { return pool.is_active() && pool.is_at(directory); });
  };
  const std::shared_ptr<Pool> pool = co_await io::on(inside_->house->around.strand, std::move(find));
  if (!pool) co_return nullptr;
  std::shared_ptr<Volume> volume = co_await pool->find(path.substr(slash + 1));
  co_return volume && volume->path() == path ? volume : nullptr;
}

std::shared_ptr<void> DirectoryStorage::watch(std::function<void(const driver::PoolEvent&)> told) {
  return inside_->house->watch(std::move(told));
}

}  // namespace sluice::storage
