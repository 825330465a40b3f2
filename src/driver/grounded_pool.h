#pragma once
// GroundedPool is one pool: its definition, and the ground of its volumes when it is active. What it knows lives on the
// storage's strand; changes of it happen one at a time, and a second one is refused while the first is under way, given
// up or not.
//
// The parts: grounded_pool.cpp its life, grounded_pool_volumes.cpp what is in it and what it tells of itself.

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "driver/ground.h"
#include "driver/pool_house.h"
#include "driver/uses.h"
#include "io/failure.h"
#include "model/pool.h"

namespace sluice::driver {

class GroundedPool final : public Pool, public std::enable_shared_from_this<GroundedPool> {
 public:
  GroundedPool(std::shared_ptr<PoolHouse> house, Uuid uuid, std::string name);

  PoolRef ref() const override { return {.name = name_, .uuid = uuid_}; }
  Task<PoolInfo> info() override;
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
  Task<std::vector<std::shared_ptr<Volume>>> volumes() override;
  Task<std::shared_ptr<Volume>> find(std::string name) override;
  Task<std::shared_ptr<Volume>> create(std::string xml) override;
  Task<std::shared_ptr<Volume>> create_from(std::string xml, Volume& original) override;

  // For its volumes.
  bool is_of(const PoolHouse& house) const { return house_.get() == &house; }
  Task<std::shared_ptr<Ground>> ground();  // of an active pool
  Task<Held> hold(std::string volume, Use use);
  io::Clock& clock() const { return house_->clock; }

  // For the storage, on the strand.
  const Uuid& uuid() const { return uuid_; }
  const std::string& name() const { return name_; }
  bool known() const { return defined_ || ground_; }  // or else it is only on the way to become a pool
  bool is_at(const std::string& path) const;
  bool is_active() const { return ground_ != nullptr; }
  void load(model::PoolSpec spec, bool autostart);
  void begin_with(model::PoolSpec spec, std::shared_ptr<Ground> ground);  // defined and active
  Task<> define_here(model::PoolSpec spec);
  Task<> create_here(model::PoolSpec spec, bool build);
  Task<> start_here();
  void forget_if_nothing();

 private:
  class Change;

  template <class Make>
  auto here(Make make) {
    return io::on(house_->strand, std::move(make));
  }
  std::string changing() const;
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
  std::shared_ptr<Volume> volume(const Ground& ground, std::string name);

  const std::shared_ptr<PoolHouse> house_;
  const std::unique_ptr<Site> site_;
  const Uuid uuid_;
  const std::string name_;
  const std::shared_ptr<Uses> uses_;

  std::optional<model::PoolSpec> defined_;
  std::optional<model::PoolSpec> live_;  // what it is active with, or is being started with
  std::shared_ptr<Ground> ground_;       // active; shared with the work on its volumes
  bool autostart_ = false;

  // "is being ...", or empty. Ends on any thread.
  struct Changing {
    std::mutex mutex;
    std::string what;
  };
  const std::shared_ptr<Changing> changing_ = std::make_shared<Changing>();
};

}  // namespace sluice::driver
