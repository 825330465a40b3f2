#pragma once
// Place is the directory of an active pool: an open descriptor, below which every file is found. Names cannot lead out
// of it, whatever is renamed or linked meanwhile, and only regular files are seen. Everything here may block: it is
// called on the Disk's threads. Facts: openat2(2).
//
//   auto place = Place::open("/srv/pool");
//   io::Fd file = place->file("web1.raw", O_RDONLY);        // not open: there is no such volume

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/fd.h"
#include "model/pool.h"

namespace sluice::storage {

// Files whose names begin with this are not yet volumes.
inline constexpr std::string_view draft_prefix = ".sluice-partial-";

class Place {
 public:
  static std::shared_ptr<Place> open(const std::string& path);

  const std::string& path() const { return path_; }
  // The same directory for a child process that is started by us.
  std::string for_children() const;
  std::string path_of(const std::string& name) const { return (path_ == "/" ? "" : path_) + "/" + name; }

  io::Fd file(const std::string& name, int flags) const;
  std::vector<std::string> names() const;  // of what may be a volume, sorted
  model::PoolFigures figures() const;

  io::Fd create(const std::string& name) const;  // new, for us alone
  // False: there is something of that name already.
  [[nodiscard]] bool rename(const std::string& from, const std::string& to) const;
  void remove(const std::string& name) const;
  void forget(const std::string& name) const noexcept;  // removes it if it is there
  void forget_drafts() const;                           // that a process left that is no more
  void sync() const;                                    // names that were given or taken

 private:
  Place(std::string path, io::Fd directory) : path_(std::move(path)), directory_(std::move(directory)) {}
  std::vector<std::string> entries() const;

  std::string path_;
  io::Fd directory_;  // O_PATH
};

// The length and kind of an open file.
struct stat status_of(const io::Fd& file, const std::string& path);

}  // namespace sluice::storage
