#pragma once
// Storage whose volumes are strings in memory: the service's tests look into it, and make it fail on command.
//
//   FakeStorage storage;                            // 'backup' is inactive, 'default' has the volumes 'disk' and
//   'empty' storage.disk->upload_fails_at = 6;

#include <gtest/gtest.h>

#include <algorithm>

#include "base/bytes.h"
#include "driver/storage.h"
#include "io/failure.h"

namespace sluice::service {

using io::Task;

struct FakeVolume final : driver::Volume {
  explicit FakeVolume(driver::VolumeRef ref) : ref_(std::move(ref)) {}
  driver::VolumeRef ref() const override { return ref_; }
  std::string path() const override { return ref_.key; }
  Task<driver::VolumeInfo> info() override {
    co_return driver::VolumeInfo{.capacity = capacity, .allocation = 4096, .physical = bytes.size()};
  }
  Task<std::string> xml() override { co_return "<volume><name>" + ref_.name + "</name></volume>"; }
  Task<> resize(std::uint64_t to, driver::ResizeOptions options) override {
    resized = options;
    capacity = to;
    co_return;
  }
  Task<> wipe() override {
    std::ranges::fill(bytes, '\0');
    co_return;
  }
  Task<> remove() override {
    removed = true;
    co_return;
  }
  Task<> upload(driver::Range range, io::Source& from, driver::Job& job) override {
    EXPECT_EQ(job.kind(), driver::JobKind::upload);
    if (busy) io::fail(Code::resource_busy, "volume '" + ref_.name + "' is in use", ErrorDomain::storage);
    std::size_t at = range.offset;
    for (io::Piece got = co_await from.read(); !got.is_end(); got = co_await from.read()) {
      const std::size_t end = at + got.length();
      if (range.length != 0 && end > range.offset + range.length) {
        io::fail(Code::operation_failed, "more came than the range has", ErrorDomain::storage);
      }
      if (end > upload_fails_at) io::fail(Code::system_error, "the disk is full", ErrorDomain::storage);
      if (end > bytes.size()) bytes.resize(end);
      holes += got.hole != 0 ? 1 : 0;
      bytes.replace(at, got.length(),
                    got.hole != 0 ? std::string(got.hole, '\0') : std::string(as_text(got.bytes.bytes())));
      at = end;
    }
  }
  Task<> download(driver::Range range, io::Sink& to, driver::Job& job) override {
    EXPECT_EQ(job.kind(), driver::JobKind::download);
    if (busy) io::fail(Code::resource_busy, "volume '" + ref_.name + "' is in use", ErrorDomain::storage);
    const std::string part = bytes.substr(range.offset, range.length == 0 ? std::string::npos : range.length);
    const std::size_t zeros = range.sparse ? std::min(part.find_first_not_of('\0'), part.size()) : 0;
    if (zeros != 0) co_await to.write({.hole = zeros});
    if (zeros != part.size()) co_await to.write({.bytes = Chunk::copy_of(as_bytes(part).subspan(zeros))});
    co_await to.finish();
  }

  driver::VolumeRef ref_;
  std::string bytes;
  std::uint64_t capacity = 1024;
  std::size_t upload_fails_at = SIZE_MAX;
  bool busy = false, removed = false;
  int holes = 0;
  driver::ResizeOptions resized;
};

struct FakePool final : driver::Pool {
  FakePool(std::string name, std::uint8_t number) : ref_{.name = std::move(name), .uuid = {}} {
    ref_.uuid.bytes.fill(static_cast<std::byte>(number));
  }
  driver::PoolRef ref() const override { return ref_; }
  Task<driver::PoolInfo> info() override {
    const auto state = is_active ? driver::PoolState::running : driver::PoolState::inactive;
    co_return driver::PoolInfo{.state = state, .capacity = 1u << 30, .allocation = 1u << 20, .available = 1u << 29};
  }
  Task<std::string> xml(bool inactive) override {
    co_return "<pool type='dir'><name>" + ref_.name + "</name>" +
        (inactive ? "" : "<capacity unit='bytes'>1</capacity>") + "<target><path>/pools/" + ref_.name +
        "</path></target></pool>";
  }
  Task<bool> active() override {
    if (gone) io::fail(Code::no_storage_pool, "it went", ErrorDomain::storage);
    co_return is_active;
  }
  Task<bool> persistent() override { co_return is_persistent; }
  Task<bool> autostart() override { co_return is_autostart; }
  Task<> set_autostart(bool on) override { return does("autostart", is_autostart, on); }
  Task<> build() override { return does("build", is_built, true); }
  Task<> start() override { return does("start", is_active, true); }
  Task<> stop() override { return does("stop", is_active, false); }
  Task<> refresh() override { return does("refresh", is_built, true); }
  Task<> remove() override { return does("remove", is_built, false); }
  Task<> undefine() override { return does("undefine", gone, true); }
  Task<std::vector<std::shared_ptr<driver::Volume>>> volumes() override {
    if (!is_active) io::fail(Code::operation_invalid, "storage pool '" + ref_.name + "' is not active");
    co_return std::vector<std::shared_ptr<driver::Volume>>(inside.begin(), inside.end());
  }
  Task<std::shared_ptr<driver::Volume>> find(std::string name) override {
    const auto at = std::ranges::find(inside, name, [](const auto& volume) { return volume->ref_.name; });
    co_return at == inside.end() ? nullptr : *at;
  }
  Task<std::shared_ptr<driver::Volume>> create(std::string xml) override { co_return add(xml); }
  Task<std::shared_ptr<driver::Volume>> create_from(std::string xml, driver::Volume& original) override {
    auto made = add(xml);
    made->bytes = dynamic_cast<FakeVolume&>(original).bytes;
    co_return made;
  }

  Task<> does(std::string what, bool& state, bool to) {
    done += what + " ";
    state = to;
    co_return;
  }
  std::shared_ptr<FakeVolume> add(const std::string& name, std::string bytes = "") {
    inside.push_back(std::make_shared<FakeVolume>(
        driver::VolumeRef{.pool = ref_.name, .name = name, .key = "/pools/" + ref_.name + "/" + name}));
    inside.back()->bytes = std::move(bytes);
    return inside.back();
  }

  driver::PoolRef ref_;
  bool is_active = true, is_persistent = true, is_autostart = false, is_built = true, gone = false;
  std::string done;  // in order
  std::vector<std::shared_ptr<FakeVolume>> inside;
};

struct FakeStorage final : driver::Storage {
  FakeStorage() {
    pools_ = {std::make_shared<FakePool>("backup", 1), std::make_shared<FakePool>("default", 2)};
    pools_[0]->is_active = false;
    pools_[1]->is_autostart = true;
    disk = pools_[1]->add("disk", "0123456789");
    pools_[1]->add("empty");
  }
  Task<std::shared_ptr<driver::Pool>> define(std::string xml) override {
    co_return pools_.emplace_back(std::make_shared<FakePool>(xml, 3));
  }
  Task<std::shared_ptr<driver::Pool>> create(std::string xml, bool build) override {
    auto pool = pools_.emplace_back(std::make_shared<FakePool>(xml, 4));
    pool->is_persistent = false;
    if (build) pool->done = "build ";
    co_return pool;
  }
  Task<std::vector<std::shared_ptr<driver::Pool>>> pools() override {
    co_return std::vector<std::shared_ptr<driver::Pool>>(pools_.begin(), pools_.end());
  }
  Task<std::shared_ptr<driver::Pool>> find_pool(Uuid uuid) override {
    const auto at = std::ranges::find(pools_, uuid, [](const auto& pool) { return pool->ref_.uuid; });
    co_return at == pools_.end() ? nullptr : *at;
  }
  Task<std::shared_ptr<driver::Pool>> find_pool(std::string name) override {
    const auto at = std::ranges::find(pools_, name, [](const auto& pool) { return pool->ref_.name; });
    co_return at == pools_.end() ? nullptr : *at;
  }
  Task<std::shared_ptr<driver::Volume>> find_volume_by_key(std::string key) override {
    co_return key == disk->ref_.key ? disk : nullptr;
  }
  Task<std::shared_ptr<driver::Volume>> find_volume_by_path(std::string path) override {
    co_return path == disk->ref_.key ? disk : nullptr;
  }
  std::shared_ptr<void> watch(std::function<void(const driver::PoolEvent&)> told) override {
    auto token = std::make_shared<std::function<void(const driver::PoolEvent&)>>(std::move(told));
    watcher = token;
    return token;
  }

  void tell(const driver::PoolEvent& event) {
    if (const auto told = watcher.lock()) (*told)(event);
  }
  std::vector<std::shared_ptr<FakePool>> pools_;  // 'backup' is inactive; 'default' has two volumes
  std::shared_ptr<FakeVolume> disk;
  std::weak_ptr<std::function<void(const driver::PoolEvent&)>> watcher;
};

}  // namespace sluice::service
