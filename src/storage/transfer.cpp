#include "storage/transfer.h"

#include <fcntl.h>
#include <unistd.h>

#include "driver/transfer_progress.h"
#include "driver/volume_rules.h"
#include "io/file.h"
#include "io/file_target.h"
#include "storage/file_facts.h"

namespace sluice::storage {
namespace {

using driver::Beyond;

// The file of a volume that stands at the beginning of a range, and how long the range is.
struct Opened {
  io::Fd file;
  std::uint64_t length = 0;
};

// The file of an image is as long as what is in it, not as what a machine sees of it.
Beyond beyond_end(const Access& access) {
  const model::VolumeFacts facts = facts_of(access.open(O_RDONLY), *access.place, access.name());
  return facts.format == model::VolumeFormat::raw ? Beyond::refused : Beyond::grows;
}

Opened open_range(const Access& access, int flags, const driver::Range& range, Beyond beyond) {
  Opened opened{.file = access.open(flags)};
  const auto size = static_cast<std::uint64_t>(status_of(opened.file, access.key()).st_size);
  opened.length = driver::length_of(range, size, beyond, access.quoted());
  if (::lseek(opened.file.get(), static_cast<off_t>(range.offset), SEEK_SET) < 0) {
    io::fail_with_errno("cannot find the range in '" + access.key() + "'");
  }
  return opened;
}

}  // namespace

io::Task<> upload_to(const PoolDisk& disk, Access access, driver::Range range, io::Source& from, driver::Job& job,
                     driver::LetGo& writes) {
  struct Begun {
    std::shared_ptr<io::FileSink::Target> target;
    std::uint64_t length = 0;
  };
  auto open = [access = access, range] {
    Opened opened = open_range(access, O_WRONLY, range, beyond_end(access));
    return Begun{.target = io::FileSink::Target::in_place(std::move(opened.file), access.key()),
                 .length = opened.length};
  };
  Begun begun = co_await disk.run(std::move(open));
  auto mark = [access = access, house = disk.house] { house->incomplete.mark(access.key(), true); };
  co_await disk.house->disk.run(std::move(mark));

  begun.target->held = writes.hold(access.volume.use);
  io::FileSink to(disk.house->around.disk, co_await asio::this_coro::executor, std::move(begun.target));
  if (to.takes_spliced()) from.may_splice();
  driver::TransferProgress progress(job, disk.house->around.clock, begun.length);
  for (io::Piece piece = co_await from.read(); !piece.is_end(); piece = co_await from.read()) {
    const std::uint64_t length = piece.length();
    progress.require_room_for(length);
    co_await to.write(std::move(piece));
    progress.add(length);
  }
  co_await to.finish();
  auto whole = [access = access, house = disk.house] { house->incomplete.mark(access.key(), false); };
  co_await disk.house->disk.run_for_sure(std::move(whole));
}

io::Task<> download_from(const PoolDisk& disk, Access access, driver::Range range, io::Sink& to, driver::Job& job) {
  auto open = [access = access, range] { return open_range(access, O_RDONLY, range, Beyond::cut); };
  Opened opened = co_await disk.run(std::move(open));
  io::FileSource from(disk.house->around.disk, co_await asio::this_coro::executor, std::move(opened.file), access.key(),
                      io::FileSourceOptions{.length = opened.length, .holes = range.sparse});
  if (to.takes_spliced()) from.may_splice();
  driver::TransferProgress progress(job, disk.house->around.clock, opened.length);
  for (io::Piece piece = co_await from.read(); !piece.is_end(); piece = co_await from.read()) {
    const std::uint64_t length = piece.length();
    co_await to.write(std::move(piece));
    progress.add(length);
  }
  co_await to.finish();
}

}  // namespace sluice::storage
