#pragma once
// FileVolume is one file of a pool: a name, and what can be done with the file of that name. It remembers nothing about
// the file, which is opened anew each time.

#include <memory>
#include <string>

#include "driver/storage.h"
#include "model/volume.h"
#include "storage/directory_pool.h"

namespace sluice::storage {

class FileVolume final : public driver::Volume {
 public:
  template <class T = void>
  using Task = io::Task<T>;

  FileVolume(std::shared_ptr<DirectoryPool> pool, std::string name, const Place& place)
      : pool_(std::move(pool)), name_(std::move(name)), path_(place.path_of(name_)) {}

  driver::VolumeRef ref() const override { return {.pool = pool_->name(), .name = name_, .key = path_}; }
  std::string path() const override { return path_; }
  Task<driver::VolumeInfo> info() override;
  Task<std::string> xml() override;
  Task<> resize(std::uint64_t capacity, driver::ResizeOptions options) override;
  Task<> wipe() override;
  Task<> remove() override;
  Task<> upload(driver::Range range, io::Source& from, driver::Job& job) override;  // transfer.cpp
  Task<> download(driver::Range range, io::Sink& to, driver::Job& job) override;    // transfer.cpp

  Task<Access> access(Use use) { return pool_->access(name_, std::move(use)); }

 private:
  Task<model::VolumeFacts> facts();
  House& house() const { return pool_->disk().house; }
  const PoolDisk& disk() const { return pool_->disk(); }

  const std::shared_ptr<DirectoryPool> pool_;
  const std::string name_, path_;
};

}  // namespace sluice::storage
