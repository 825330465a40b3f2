#include "driver/memory_tree.h"

#include <cerrno>

#include "io/failure.h"

namespace sluice::driver {
namespace {

[[noreturn]] void refuse(const std::string& what, int os_error) {
  Error error = system_failure(what, os_error);
  error.domain = ErrorDomain::storage;
  throw io::Failure(std::move(error));
}

}  // namespace

std::shared_ptr<MemoryGround> MemoryTree::made(const std::string& path) {
  std::shared_ptr<MemoryGround>& ground = by_path_[path];
  if (!ground) ground = std::make_shared<MemoryGround>(disk_, path);
  return ground;
}

std::shared_ptr<MemoryGround> MemoryTree::open(const std::string& path) const {
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) refuse("cannot open directory '" + path + "'", ENOENT);
  return found->second;
}

void MemoryTree::take_away(const std::string& path) {
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) refuse("cannot remove directory '" + path + "'", ENOENT);
  if (!found->second->is_empty()) refuse("cannot remove directory '" + path + "'", ENOTEMPTY);
  by_path_.erase(found);
}

Task<> MemorySite::make(model::PoolSpec spec, std::shared_ptr<void>) {
  tree_->made(spec.path);
  co_return;
}

Task<> MemorySite::take_away(std::string path, std::shared_ptr<void>) {
  tree_->take_away(path);
  co_return;
}

Task<std::shared_ptr<Ground>> MemorySite::open(std::string path, Opening, std::shared_ptr<void>) {
  co_return tree_->open(path);
}

}  // namespace sluice::driver
