#pragma once
// GroundedVolume is a volume of a pool: a name, and what can be done with what the pool's ground has under that name.
// It remembers nothing else, so that it may be held as long as one likes.

#include <memory>
#include <string>

#include "driver/grounded_pool.h"

namespace sluice::driver {

class GroundedVolume final : public Volume {
 public:
  GroundedVolume(std::shared_ptr<GroundedPool> pool, std::string name, const Ground& ground)
      : pool_(std::move(pool)), name_(std::move(name)), path_(ground.path_of(name_)) {}

  VolumeRef ref() const override { return {.pool = pool_->name(), .name = name_, .key = path_}; }
  std::string path() const override { return path_; }
  Task<VolumeInfo> info() override;
  Task<std::string> xml() override;
  Task<> resize(std::uint64_t capacity, ResizeOptions options) override;
  Task<> wipe() override;
  Task<> remove() override;
  Task<> upload(Range range, io::Source& from, Job& job) override;
  Task<> download(Range range, io::Sink& to, Job& job) override;

  // For pools.
  const GroundedPool& pool() const { return *pool_; }
  Task<Held> hold(Use use) { return pool_->hold(name_, std::move(use)); }

 private:
  Task<model::VolumeFacts> facts();
  Task<Task<>> begin_download(Range range, io::Sink& to, Job& job);
  [[noreturn]] void give_up_download(io::Sink& to, const std::exception_ptr& failed) const;
  Error named(const Error& why, const std::string& verb) const;

  const std::shared_ptr<GroundedPool> pool_;
  const std::string name_, path_;
};

}  // namespace sluice::driver
