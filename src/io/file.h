#pragma once
// Streams over regular files and other things that block (block devices, /dev/zero): read ahead and written behind on
// the Disk, so that disk and socket work at the same time; a thread of it goes on as long as there is something to do.
// The last half a mebibyte of a quick stream that pauses may wait in memory until it goes on or ends.
//
//   auto from = co_await open_source(disk, "/srv/guest.saved");   // picks by the kind of file
//   auto to = co_await open_sink(disk, "/srv/copy.saved");
//   co_await pump(*from, *to);

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "io/disk.h"
#include "io/fd.h"
#include "io/signal.h"
#include "io/stream.h"

namespace sluice::io {

// What is read of a file, from where its descriptor stands.
struct FileSourceOptions {
  std::uint64_t length = std::numeric_limits<std::uint64_t>::max();  // at most; the end of the file ends it early
  bool holes = false;                                                // those of a regular file come as holes
};

class FileSource final : public Source {
 public:
  FileSource(Disk& disk, const Executor& executor, Fd file, std::string name, FileSourceOptions options = {});
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override;
  Task<Piece> read() override;
  void stop(Error why) noexcept override;
  void may_splice() override;

 private:
  struct Ahead;  // what was read and not yet asked for; shared with the disk's thread, which may hang for long

  std::shared_ptr<Ahead> ahead_;
  std::shared_ptr<Signal> changed_;
  std::optional<Error> failed_;
  bool ended_ = false;
};

// Writes NAME.partial-XXXXXX; finish syncs it, gives it its name and syncs the directory. Aborted or destroyed before
// that, the partial file is removed: what has the name is whole.
class FileSink final : public Sink {
 public:
  struct Target;  // the open file and what becomes of it

  FileSink(Disk& disk, const Executor& executor, std::shared_ptr<Target> target);
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  ~FileSink() override;
  Task<> write(Piece piece) override;
  Task<> finish() override;
  void abort(Error why) noexcept override;
  bool takes_spliced() const override { return splices_; }

 private:
  struct Behind;  // what was given and is not yet written; shared with the disk's thread
  template <class Ready>
  Task<> until(Ready ready);

  Executor executor_;
  std::shared_ptr<Behind> behind_;
  std::shared_ptr<Signal> changed_;
  std::optional<Error> failed_;
  bool splices_ = false, finished_ = false;
};

struct OpenSinkOptions {
  mode_t mode = 0600;      // of a new file
  bool exclusive = false;  // refuse to replace an existing file
};

// By the kind of file: regular files and block devices through the disk; fifos, sockets' descriptors and terminals
// polled. `/dev/fd/N` and `/proc/self/fd/N` work. A fifo waits, cancellably, until somebody opens its other end.
Task<std::unique_ptr<Source>> open_source(Disk& disk, std::string path);
// Its first half, on the calling thread: blocks as long as the disk does, but for no fifo's other end.
Fd open_input(const std::string& path);
Task<std::unique_ptr<Sink>> open_sink(Disk& disk, std::string path, OpenSinkOptions options = {});
// The same for a descriptor that is open already (standard input and output). A regular file is written in place. The
// options are for what goes through the disk.
Task<std::unique_ptr<Source>> source_of(Disk& disk, Fd fd, std::string name, FileSourceOptions options = {});
Task<std::unique_ptr<Sink>> sink_of(Disk& disk, Fd fd, std::string name);

}  // namespace sluice::io
