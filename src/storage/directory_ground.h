#pragma once
// DirectoryGround is the open directory of an active pool. It remembers nothing about the files in it: each is opened
// anew every time.

#include <memory>

#include "driver/ground.h"
#include "storage/access.h"

namespace sluice::storage {

class DirectoryGround final : public driver::Ground {
 public:
  template <class T = void>
  using Task = io::Task<T>;
  using Held = driver::Held;

  DirectoryGround(std::shared_ptr<const PoolDisk> disk, std::shared_ptr<const Place> place)
      : disk_(std::move(disk)), place_(std::move(place)) {}

  std::string path_of(const std::string& name) const override { return place_->path_of(name); }
  Task<model::PoolFigures> figures() override;
  Task<std::vector<std::string>> names() override;
  Task<bool> contains(std::string name) override;
  Task<> create(Held volume, model::VolumeSpec spec) override;
  Task<> clone(Held volume, model::VolumeSpec spec, Held original) override;
  Task<model::VolumeFacts> facts(Held volume) override;
  Task<> resize(Held volume, std::uint64_t capacity, driver::ResizeOptions options) override;
  Task<> wipe(Held volume) override;
  Task<> remove(Held volume) override;
  Task<> upload(Held volume, driver::Range range, io::Source& from, driver::Job& job, driver::LetGo& writes) override;
  Task<> download(Held volume, driver::Range range, io::Sink& to, driver::Job& job) override;

 private:
  Access access(Held volume) const { return {.place = place_, .volume = std::move(volume)}; }

  const std::shared_ptr<const PoolDisk> disk_;
  const std::shared_ptr<const Place> place_;
};

}  // namespace sluice::storage
