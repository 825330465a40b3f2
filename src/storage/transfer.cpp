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
  io::leave_some(opened.file, "cannot open '" + access.key() + "'");
  const auto size = static_cast<std::uint64_t>(status_of(opened.file, access.key()).st_size);
  opened.length = driver::length_of(range, size, beyond, access.quoted());
  if (::lseek(opened.file.get(), static_cast<off_t>(range.offset), SEEK_SET) < 0) {
    io::fail_with_errno("cannot find the range in '" + access.key() + "'");
  }
  return opened;
}

// A file that was opened and perhaps never read: closing it may wait for its disk, which no loop does.
struct Unread {
  Unread(std::shared_ptr<const PoolDisk> its_disk, Opened file, std::shared_ptr<void> its_use)
      : disk(std::move(its_disk)), opened(std::move(file)), use(std::move(its_use)) {}
  Unread(const Unread&) = delete;
  Unread& operator=(const Unread&) = delete;
  ~Unread() {
    if (opened.file) disk->let_go(std::make_shared<io::Fd>(std::move(opened.file)));
  }
  const std::shared_ptr<const PoolDisk> disk;
  Opened opened;
  const std::shared_ptr<void> use;
};

io::Task<std::unique_ptr<Unread>> open_to_read(std::shared_ptr<const PoolDisk> disk, Access access,
                                               driver::Range range) {
  auto open = [access = access, range] { return open_range(access, O_RDONLY, range, Beyond::cut); };
  Opened opened = co_await disk->run(std::move(open));
  co_return std::make_unique<Unread>(std::move(disk), std::move(opened), access.volume.use);
}

io::Task<> read_and_send(Unread& unread, std::string name, bool sparse, io::Sink& to, driver::Job& job) {
  const Surroundings& around = unread.disk->house->around;
  const std::uint64_t all = unread.opened.length;
  io::FileSource from(around.disk, co_await asio::this_coro::executor, std::move(unread.opened.file), std::move(name),
                      io::FileSourceOptions{.length = all, .holes = sparse});
  if (to.takes_spliced()) from.may_splice();
  driver::TransferProgress progress(job, around.clock, all);
  for (;;) {
    if (progress.left() > 0) co_await to.wanted();
    io::Piece piece = co_await from.read();
    if (piece.is_end()) break;
    const std::uint64_t length = piece.length();
    co_await to.write(std::move(piece));
    progress.add(length);
  }
  co_await to.finish();
}

// Thousands of these may stand still, each with an open file and nothing else.
io::Task<> send_when_wanted(io::Task<std::unique_ptr<Unread>> opening, std::string name, bool sparse, io::Sink& to,
                            driver::Job& job) {
  const std::unique_ptr<Unread> unread = co_await std::move(opening);
  if (unread->opened.length > 0) co_await to.wanted();
  io::Task<> rest = read_and_send(*unread, std::move(name), sparse, to, job);
  co_await std::move(rest);
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

io::Task<> download_from(std::shared_ptr<const PoolDisk> disk, Access access, driver::Range range, io::Sink& to,
                         driver::Job& job) {
  const std::string name = access.key();
  return send_when_wanted(open_to_read(std::move(disk), std::move(access), range), name, range.sparse, to, job);
}

}  // namespace sluice::storage
