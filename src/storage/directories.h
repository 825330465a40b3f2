#pragma once
// Directories are what pools stand on here: made, opened and taken away on the disk's threads, and remembered in the
// store.

#include <memory>

#include "driver/ground.h"
#include "storage/house.h"

namespace sluice::storage {

// Where the directory of one pool is, in the pool's own lane of the disk.
class DirectorySite final : public driver::Site {
 public:
  template <class T = void>
  using Task = io::Task<T>;

  DirectorySite(std::shared_ptr<House> house, const std::string& pool)
      : disk_(std::make_shared<const PoolDisk>(std::move(house), pool)) {}

  Task<> make(model::PoolSpec spec, std::shared_ptr<void> change) override;
  Task<> take_away(std::string path, std::shared_ptr<void> change) override;
  Task<std::shared_ptr<driver::Ground>> open(std::string path, driver::Opening opening,
                                             std::shared_ptr<void> change) override;

 private:
  const std::shared_ptr<const PoolDisk> disk_;
};

class Directories final : public driver::Grounds {
 public:
  template <class T = void>
  using Task = io::Task<T>;

  explicit Directories(std::shared_ptr<House> house) : house_(std::move(house)) {}

  std::unique_ptr<driver::Site> site(const std::string& pool) override {
    return std::make_unique<DirectorySite>(house_, pool);
  }
  Task<> put(driver::PoolDefinition definition) override;
  Task<> remove_definition(Uuid uuid) override;

 private:
  const std::shared_ptr<House> house_;
};

}  // namespace sluice::storage
