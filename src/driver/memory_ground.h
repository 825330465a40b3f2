#pragma once
// MemoryGround is one of the directories that a MemoryStorage has only in memory, with the files in it. Which files
// there are is known on the strand; their bytes may be touched on any thread.
//
// Files are raw, whatever their bytes say: nobody here reads or makes images, so other formats are refused.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "driver/faults.h"
#include "driver/ground.h"
#include "driver/sparse_bytes.h"
#include "io/clock.h"

namespace sluice::driver {

// What all of them share.
struct MemoryDisk {
  io::Executor strand;
  io::Clock& clock;
  std::function<Faults()> faults;
  std::shared_ptr<Room> room;
};

struct MemoryFile {
  explicit MemoryFile(std::shared_ptr<Room> room) : bytes(std::move(room)) {}
  SparseBytes bytes;
  model::Permissions permissions;
  std::atomic<bool> incomplete = false;
};

class MemoryGround final : public Ground {
 public:
  MemoryGround(std::shared_ptr<const MemoryDisk> disk, std::string path)
      : disk_(std::move(disk)), path_(std::move(path)) {}

  std::string path_of(const std::string& name) const override { return (path_ == "/" ? "" : path_) + "/" + name; }
  Task<model::PoolFigures> figures() override;
  Task<std::vector<std::string>> names() override;
  Task<bool> contains(std::string name) override;
  Task<> create(Held volume, model::VolumeSpec spec) override;
  Task<> clone(Held volume, model::VolumeSpec spec, Held original) override;
  Task<model::VolumeFacts> facts(Held volume) override;
  Task<> resize(Held volume, std::uint64_t capacity, ResizeOptions options) override;
  Task<> wipe(Held volume) override;
  Task<> remove(Held volume) override;
  // memory_volume_transfer.cpp
  Task<> upload(Held volume, Range range, io::Source& from, Job& job, LetGo& writes) override;
  Task<> download(Held volume, Range range, io::Sink& to, Job& job) override;

  bool is_empty() const { return files_.empty(); }  // on the strand

 private:
  using FilePtr = std::shared_ptr<MemoryFile>;

  template <class Make>
  auto here(Make make) {
    return io::on(disk_->strand, std::move(make));
  }
  Task<FilePtr> file(Held volume);  // that is there
  Task<> require_absent(const Held& volume);
  FilePtr make(const Held& volume, const model::VolumeSpec& spec) const;
  Task<> publish(const Held& volume, FilePtr file);

  const std::shared_ptr<const MemoryDisk> disk_;
  const std::string path_;
  std::map<std::string, FilePtr> files_;
};

}  // namespace sluice::driver
