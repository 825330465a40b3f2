// MemoryGround: bytes of volumes that come from and go to a client. They stay on the caller's executor.

#include "driver/memory_ground.h"
#include "driver/stumbling.h"
#include "driver/transfer_progress.h"
#include "driver/volume_rules.h"

namespace sluice::driver {
namespace {

// Puts the bytes from `begin` to `end` of a piece where they belong; a hole takes away what was there.
void put(SparseBytes& bytes, std::uint64_t at, const io::Piece& piece, std::uint64_t begin, std::uint64_t end) {
  if (piece.hole != 0) {
    bytes.free(at, end - begin);
  } else {
    bytes.write(at,
                piece.bytes.bytes().subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
  }
}

}  // namespace

// Nothing is written behind a cancellation.
Task<> MemoryGround::upload(Held volume, Range range, io::Source& from, Job& job, LetGo&) {
  const FilePtr written = co_await file(volume);
  const std::uint64_t room = length_of(range, written->bytes.length(), Beyond::refused, volume.quoted());
  const Faults faults = disk_->faults();
  const Stumbling fault(faults.upload_fails_at, faults.upload_hangs_at, faults.reason);
  written->incomplete = true;
  TransferProgress progress(job, disk_->clock, room);
  co_await fault.pass(0);
  for (io::Piece piece = co_await from.read(); !piece.is_end(); piece = co_await from.read()) {
    const std::uint64_t length = piece.length(), begin = room - progress.left();
    progress.require_room_for(length);
    for (std::uint64_t done = 0; done < length;) {
      const std::uint64_t next = fault.next(begin + done, begin + length) - begin;
      put(written->bytes, range.offset + begin + done, piece, done, next);
      done = next;
      co_await fault.pass(begin + done);
    }
    progress.add(length);
  }
  written->incomplete = false;
}

Task<> MemoryGround::download(Held volume, Range range, io::Sink& to, Job& job) {
  const FilePtr read = co_await file(volume);
  const std::uint64_t room = length_of(range, read->bytes.length(), Beyond::cut, volume.quoted());
  const Faults faults = disk_->faults();
  const Stumbling fault(faults.download_fails_at, faults.download_hangs_at, faults.reason);
  TransferProgress progress(job, disk_->clock, room);
  co_await fault.pass(0);
  for (std::uint64_t done = 0; done < room;) {
    const std::uint64_t most = fault.next(done, room) - done;
    co_await to.wanted();
    io::Piece piece = read->bytes.read(range.offset + done, most, {.holes = range.sparse});
    const std::uint64_t length = piece.length();
    co_await to.write(std::move(piece));
    progress.add(length);
    done += length;
    co_await fault.pass(done);
  }
  co_await to.finish();
}

}  // namespace sluice::driver
