#pragma once
// DirectoryPool is one pool: its definition, and the open directory when it is active. What it knows lives on the
// storage's strand; changes of it happen one at a time, and a second one is refused while the first is under way.

#include <memory>
#include <optional>
#include <string>

#include "driver/storage.h"
#include "model/pool.h"
#include "storage/house.h"
#include "storage/place.h"
#include "storage/uses.h"

namespace sluice::storage {

// A volume somebody works on: the directory it is in, and the right to do so until the last copy of this dies. Work on
// the disk captures it as `[access = access]`: a plain copy of what is const could not be moved on, and a copy would be
// left on the disk's thread for a moment when the work is known to be over.
struct Access {
  std::shared_ptr<const Place> place;
  std::string pool, name;
  std::shared_ptr<void> use;

  std::string key() const { return place->path_of(name); }
  std::string quoted() const { return "volume '" + name + "' of storage pool '" + pool + "'"; }
  io::Fd open(int flags) const;  // blocks; a Failure with Code::no_storage_vol if it is not there
};

class DirectoryPool final : public driver::Pool, public std::enable_shared_from_this<DirectoryPool> {
 public:
  template <class T = void>
  using Task = io::Task<T>;

  DirectoryPool(std::shared_ptr<House> house, Uuid uuid, std::string name);

  driver::PoolRef ref() const override { return {.name = name_, .uuid = uuid_}; }
  Task<driver::PoolInfo> info() override;
  Task<std::string> xml(bool inactive) override;
  Task<bool> active() override;
  Task<bool> persistent() override;
  Task<bool> autostart() override;
  Task<> set_autostart(bool on) override;
  Task<> build() override;
  Task<> start() override;
  Task<> stop() override;
  Task<> refresh() override;
  Task<> remove() override;
  Task<> undefine() override;
  Task<std::vector<std::shared_ptr<driver::Volume>>> volumes() override;
  Task<std::shared_ptr<driver::Volume>> find(std::string name) override;
  Task<std::shared_ptr<driver::Volume>> create(std::string xml) override;
  Task<std::shared_ptr<driver::Volume>> create_from(std::string xml, driver::Volume& original) override;

  // For its volumes.
  const PoolDisk& disk() const { return disk_; }
  Task<std::shared_ptr<const Place>> place();  // of an active pool
  Task<Access> access(std::string volume, Use use);

  // For the storage, on the strand.
  const Uuid& uuid() const { return uuid_; }
  const std::string& name() const { return name_; }
  bool known() const { return defined_ || place_; }  // or else it is only on the way to become a pool
  bool is_at(const std::string& path) const;
  bool is_active() const { return place_ != nullptr; }
  void load(const driver::PoolDefinition& definition, model::PoolSpec spec);
  Task<> define_here(model::PoolSpec spec);
  Task<> create_here(model::PoolSpec spec, bool build);
  Task<> start_here();
  void forget_if_nothing();

 private:
  class Change;

  template <class Make>
  auto here(Make make) {
    return io::on(house_->around.strand, std::move(make));
  }
  [[noreturn]] void refuse(const std::string& why) const;
  void require_active() const;
  void require_inactive() const;
  const model::PoolSpec& spec() const { return live_ ? *live_ : *defined_; }
  void tell(std::int32_t event) { house_->tell({.pool = ref(), .event = event}); }

  Task<> build_here();
  Task<> stop_here();
  Task<> refresh_here();
  Task<> remove_here();
  Task<> undefine_here();
  Task<> set_autostart_here(bool on);
  Task<> open_place(std::string path);
  std::shared_ptr<driver::Volume> volume(const Place& place, std::string name);

  const std::shared_ptr<House> house_;
  const PoolDisk disk_;
  const Uuid uuid_;
  const std::string name_;
  const std::shared_ptr<Uses> uses_;

  std::optional<model::PoolSpec> defined_;
  std::optional<model::PoolSpec> live_;  // what it is active with, or is being started with
  std::shared_ptr<const Place> place_;   // active; shared with the work on its volumes
  bool autostart_ = false;
  std::string changing_;  // "is being ...", or empty
};

}  // namespace sluice::storage
