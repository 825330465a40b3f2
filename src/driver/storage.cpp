#include "driver/storage.h"

#include "io/failure.h"

namespace sluice::driver {
namespace {

std::shared_ptr<Pool> found(std::shared_ptr<Pool> pool, const std::string& description) {
  if (!pool) io::fail(Code::no_storage_pool, "there is no storage pool " + description, ErrorDomain::storage);
  return pool;
}

}  // namespace

Task<std::shared_ptr<Pool>> lookup_pool(Storage& storage, Uuid uuid) {
  std::shared_ptr<Pool> pool = co_await storage.find_pool(uuid);
  co_return found(std::move(pool), "with uuid " + uuid.text());
}

Task<std::shared_ptr<Pool>> lookup_pool(Storage& storage, std::string name) {
  std::shared_ptr<Pool> pool = co_await storage.find_pool(name);
  co_return found(std::move(pool), "called '" + name + "'");
}

Task<std::shared_ptr<Volume>> lookup_volume(Storage& storage, std::string pool, std::string name) {
  const std::shared_ptr<Pool> where = co_await lookup_pool(storage, pool);
  std::shared_ptr<Volume> volume = co_await where->find(name);
  if (!volume) {
    io::fail(Code::no_storage_vol, "there is no volume called '" + name + "' in storage pool '" + pool + "'",
             ErrorDomain::storage);
  }
  co_return volume;
}

}  // namespace sluice::driver
