#pragma once
// Streams over regular files and other things that block (block devices, /dev/zero): read and written on the Disk, one
// step ahead, so that disk and socket work at the same time.
//
//   auto from = co_await open_source(disk, "/srv/guest.saved");   // picks by the kind of file
//   auto to = co_await open_sink(disk, "/srv/copy.saved");
//   co_await pump(*from, *to);

#include <list>
#include <memory>
#include <optional>
#include <string>

#include "io/disk.h"
#include "io/fd.h"
#include "io/stream.h"

namespace sluice::io {

class FileSource final : public Source {
 public:
  FileSource(Disk& disk, const Executor& executor, Fd file, std::string name);
  Task<Piece> read() override;
  void stop(Error why) noexcept override;
  void may_splice() override;

 private:
  void read_ahead();

  Disk& disk_;
  Executor executor_;
  std::shared_ptr<Fd> file_;  // shared with the read under way: a source may be dropped while its disk hangs
  std::string name_;
  DiskWork<Piece> ahead_;
  std::optional<SplicePool> pool_;  // pieces may be spliced
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
  bool takes_spliced() const override;

 private:
  Task<> settle();  // waits for the write under way
  void start();

  Disk& disk_;
  Executor executor_;
  std::shared_ptr<Target> target_;
  std::list<Piece> waiting_;
  std::size_t waiting_bytes_ = 0;
  DiskWork<bool> writing_;
  std::optional<Error> failed_;
  bool finished_ = false;
};

struct OpenSinkOptions {
  mode_t mode = 0600;      // of a new file
  bool exclusive = false;  // refuse to replace an existing file
};

// By the kind of file: regular files and block devices through the disk; fifos, sockets' descriptors and terminals
// polled. `/dev/fd/N` and `/proc/self/fd/N` work. A fifo waits, cancellably, until somebody opens its other end.
Task<std::unique_ptr<Source>> open_source(Disk& disk, std::string path);
Task<std::unique_ptr<Sink>> open_sink(Disk& disk, std::string path, OpenSinkOptions options = {});
// The same for a descriptor that is open already (standard input and output). A regular file is written in place.
std::unique_ptr<Source> source_of(Disk& disk, const Executor& executor, Fd fd, std::string name);
std::unique_ptr<Sink> sink_of(Disk& disk, const Executor& executor, Fd fd, std::string name);

}  // namespace sluice::io
