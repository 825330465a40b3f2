#pragma once
// What a FileSink writes to: an open file, where its next byte goes, and what happens to it in the end. Touched only on
// the Disk's threads, one call at a time.

#include <atomic>
#include <list>
#include <memory>
#include <string>

#include "io/cache_footprint.h"
#include "io/file.h"

namespace sluice::io {

struct FileSink::Target {
  Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  ~Target() { discard(); }

  // A new partial file beside `path`; a Failure names `path`.
  static std::shared_ptr<Target> beside(const std::string& path, const OpenSinkOptions& options);
  // An open file that is written in place, from its current position. Both block.
  static std::shared_ptr<Target> in_place(Fd file, std::string name);

  void write(std::list<Piece>& pieces);  // takes out what it has written: a long hole takes several calls
  void let_go_of_some();                 // of the page cache, when `footprint` is too large
  [[nodiscard]] bool complete_some();    // synced, and under its name; true: there is more to do
  void discard() noexcept;               // no partial file is left
  // Takes the old bytes of a file that is written in place away, with their blocks; the file grows if it is shorter.
  // False: zeros must be written.
  [[nodiscard]] bool punched(std::uint64_t from, std::uint64_t length) const;

  // Makes the next bytes of a hole and tells how many; where zeros must be written, no more than are left.
  std::uint64_t skip_some(std::uint64_t hole, std::uint64_t& zeros_left);

  std::shared_ptr<void> held;  // until no thread touches the file any more, or it is complete
  Fd file;
  std::string name;     // for messages: what the user asked for
  std::string partial;  // empty: in place, or already renamed
  bool exclusive = false;
  bool seekable = false;
  bool regular = false;                // and not appended to
  bool splices = false;                // it can be spliced to
  std::atomic<bool> given_up = false;  // nobody wants it under its name any more: set on any thread
  std::uint64_t at = 0;                // where the next byte goes, if seekable
  std::uint64_t on_disk = 0;           // up to here
  std::uint64_t synced = 0;            // up to here the kernel was asked to write back
  CacheFootprint footprint;
};

}  // namespace sluice::io
