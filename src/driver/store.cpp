#include "driver/store.h"

namespace sluice::driver {
namespace {

template <class Value>
std::vector<Value> values_of(const std::map<Uuid, Value>& map) {
  std::vector<Value> out;
  for (const auto& [uuid, value] : map) out.push_back(value);
  return out;
}

}  // namespace

std::vector<Definition> MemoryStore::definitions() {
  const std::lock_guard lock(mutex_);
  return values_of(definitions_);
}

void MemoryStore::put(const Definition& definition) {
  const std::lock_guard lock(mutex_);
  definitions_[definition.uuid] = definition;
}

void MemoryStore::remove_definition(const Uuid& uuid) {
  const std::lock_guard lock(mutex_);
  definitions_.erase(uuid);
}

std::vector<RunningNote> MemoryStore::running() {
  const std::lock_guard lock(mutex_);
  return values_of(running_);
}

void MemoryStore::put(const RunningNote& note) {
  const std::lock_guard lock(mutex_);
  running_[note.uuid] = note;
}

void MemoryStore::remove_running(const Uuid& uuid) {
  const std::lock_guard lock(mutex_);
  running_.erase(uuid);
}

std::vector<PoolDefinition> MemoryStore::pools() {
  const std::lock_guard lock(mutex_);
  return values_of(pools_);
}

void MemoryStore::put(const PoolDefinition& pool) {
  const std::lock_guard lock(mutex_);
  pools_[pool.uuid] = pool;
}

void MemoryStore::remove_pool(const Uuid& uuid) {
  const std::lock_guard lock(mutex_);
  pools_.erase(uuid);
}

std::vector<std::string> MemoryStore::incomplete_volumes() {
  const std::lock_guard lock(mutex_);
  return {incomplete_.begin(), incomplete_.end()};
}

void MemoryStore::set_incomplete(const std::string& key, bool incomplete) {
  const std::lock_guard lock(mutex_);
  if (incomplete) {
    incomplete_.insert(key);
  } else {
    incomplete_.erase(key);
  }
}

}  // namespace sluice::driver
