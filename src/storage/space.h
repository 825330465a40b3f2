#pragma once
// Work on the blocks of a file: getting them, and copying what is in them. Each owns a descriptor of its own.

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "io/fd.h"
#include "storage/steps.h"

namespace sluice::storage {

// Space for the bytes from `begin` to `end`, so that writing them cannot fail for want of it. The file's length stays
// as it is. A file system that cannot promise space (copy on write, NFS) promises none.
class Allocating final : public Steps {
 public:
  Allocating(io::Fd file, std::string path, std::uint64_t begin, std::uint64_t end)
      : file_(std::move(file)), path_(std::move(path)), at_(begin), end_(end) {}
  bool step() override;

 private:
  void require_room() const;
  [[noreturn]] void refuse(int os_error) const;

  const io::Fd file_;
  const std::string path_;
  std::uint64_t at_;
  const std::uint64_t end_;
  bool asked_ = false;
};

// The bytes of `from` into `to`, which is new and reads as zeros, where `from` has any; the holes stay holes. The
// kernel copies, and where the file system can do it both share their blocks from then on.
class Copying final : public Steps {
 public:
  Copying(io::Fd from, std::string from_path, io::Fd to, std::string to_path)
      : from_(std::move(from)), to_(std::move(to)), from_path_(std::move(from_path)), to_path_(std::move(to_path)) {}
  bool step() override;

 private:
  bool copy_some();
  void copy_in_memory(std::uint64_t most);

  const io::Fd from_, to_;
  const std::string from_path_, to_path_;
  std::uint64_t at_ = 0;
  std::uint64_t data_end_ = 0;  // before the next hole: finding it in a large file takes time
  bool in_kernel_ = true;
};

// What was written to a file, onto its disk, until fsync has little left to do.
class Syncing final : public Steps {
 public:
  Syncing(io::Fd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  bool step() override;

 private:
  const io::Fd file_;
  const std::string path_;
  std::uint64_t at_ = 0;
};

// The next bytes of a file that are not a hole, from `at` on; `end` 0: there are none.
struct Data {
  std::uint64_t begin = 0, end = 0;
};
Data next_data(const io::Fd& file, std::uint64_t at, const std::string& path);

void write_at(const io::Fd& file, Bytes bytes, std::uint64_t offset, const std::string& path);

}  // namespace sluice::storage
