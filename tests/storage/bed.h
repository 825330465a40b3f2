#pragma once
// The frame of every test of the suite: a storage of its own, two loops, and at the end the question what was left
// behind.
//
//   TEST_F(Bed, SomethingIsPromised) {
//     with_pool([&](driver::Pool& pool) -> Task<> { auto volume = co_await pool.create(volume_xml("a", 10)); ... });
//   }

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "driver/volume_play_test.h"
#include "io/loop.h"
#include "subject.h"

namespace sluice::storage_contract {

using driver::Collected;
using driver::failure_of;
using driver::hole_of;
using driver::Job;
using driver::JobKind;
using driver::Names;
using driver::names_of;
using driver::pattern;
using driver::piece_of;
using driver::Pieces;
using driver::sparse;
using driver::volume_xml;
using io::Task;
using VolumePtr = std::shared_ptr<driver::Volume>;

class Bed : public testing::Test {
 protected:
  Bed();
  ~Bed() override;
  void TearDown() override;

  Subject& subject() { return *subject_; }
  driver::Storage& storage() { return subject_->storage(); }
  std::string path_of(const std::string& pool) const { return subject_->path_of(pool); }
  std::string pool_xml(const std::string& name) const { return driver::pool_xml(name, path_of(name)); }
  std::string pool_xml(const std::string& name, const std::string& path) const { return driver::pool_xml(name, path); }

  template <class Body>
  void run(Body body) {
    io::run_on(streams_.executor(), body());
  }
  // With an active pool 'p'.
  template <class Body>
  void with_pool(Body body) {
    run([&]() -> Task<> {
      const auto pool = co_await storage().create(pool_xml("p"), true);
      co_await body(*pool);
    });
  }

  // A raw volume of that name that holds `text`.
  Task<VolumePtr> volume_with(driver::Pool& pool, std::string name, std::string text);
  Task<> upload(driver::Volume& volume, Pieces& from, driver::Range range = {});
  static Task<std::string> content(driver::Volume& volume, driver::Range range = {});
  static Task<bool> incomplete(driver::Volume& volume);

  Job job_{JobKind::upload};

 private:
  io::Loop streams_;
  io::Loop storage_;
  std::unique_ptr<Subject> subject_;
};

}  // namespace sluice::storage_contract
