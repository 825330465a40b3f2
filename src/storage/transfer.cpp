// FileVolume: bytes that come from and go to a client. They stay on the caller's executor and the disk's threads.

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <limits>
#include <optional>

#include "io/file.h"
#include "io/file_target.h"
#include "storage/file_facts.h"
#include "storage/file_volume.h"
#include "storage/let_go.h"

namespace sluice::storage {
namespace {

// The file of a volume that stands at the beginning of a range, and how long the range is.
struct Opened {
  io::Fd file;
  std::uint64_t length = 0;
};

// What of a range lies behind the end of the file is refused, is not read, or makes the file grow.
enum class Beyond : std::uint8_t { refused, cut, grows };

constexpr std::chrono::seconds let_go_max{1};
constexpr std::uint64_t file_max = std::numeric_limits<off_t>::max();

// The file of an image is as long as what is in it, not as what a machine sees of it.
Beyond beyond_end(const Access& access) {
  const model::VolumeFacts facts = facts_of(access.open(O_RDONLY), *access.place, access.name);
  return facts.format == model::VolumeFormat::raw ? Beyond::refused : Beyond::grows;
}

Opened open_range(const Access& access, int flags, const driver::Range& range, Beyond beyond) {
  Opened opened{.file = access.open(flags)};
  const auto size = static_cast<std::uint64_t>(status_of(opened.file, access.key()).st_size);
  const bool inside = range.offset <= size && (beyond != Beyond::refused || range.length <= size - range.offset);
  if (!inside) {
    io::fail(Code::invalid_arg,
             "the range of " + std::to_string(range.length) + " bytes from byte " + std::to_string(range.offset) +
                 " on does not lie in " + access.quoted() + ", which is " + std::to_string(size) + " bytes long",
             ErrorDomain::storage);
  }
  opened.length = (beyond == Beyond::grows ? file_max : size) - range.offset;
  if (range.length != 0) opened.length = std::min(opened.length, range.length);
  if (::lseek(opened.file.get(), static_cast<off_t>(range.offset), SEEK_SET) < 0) {
    io::fail_with_errno("cannot find the range in '" + access.key() + "'");
  }
  return opened;
}

class Progress {
 public:
  Progress(driver::Job& job, std::uint64_t room) : job_(job), room_(room) { report(); }
  void add(std::uint64_t bytes) {
    done_ += bytes;
    report();
  }
  std::uint64_t left() const { return room_ - done_; }

 private:
  void report() {
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun_);
    const bool known = room_ < file_max / 2;
    job_.report({.total = known ? room_ : 0,
                 .processed = done_,
                 .remaining = known ? left() : 0,
                 .elapsed_ms = static_cast<std::uint64_t>(elapsed.count())});
  }
  driver::Job& job_;
  const std::uint64_t room_;  // what a file may grow to is no total
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::uint64_t done_ = 0;
};

Error named(const Error& why, const std::string& what) {
  Error error = why.while_doing(what);
  error.domain = ErrorDomain::storage;
  return error;
}

}  // namespace

FileVolume::Task<> FileVolume::upload(driver::Range range, io::Source& from, driver::Job& job) {
  const io::Executor executor = co_await asio::this_coro::executor;
  // A write that is under way must not hit the next upload, and who failed may try again at once.
  LetGo let_go(executor);
  auto work = [&]() -> Task<> {
    Access access = co_await this->access({.doing = "is being uploaded to", .alone = true});
    auto open = [access = access, range] { return open_range(access, O_WRONLY, range, beyond_end(access)); };
    Opened opened = co_await disk().run(std::move(open));
    auto mark = [access = access, house = house().shared_from_this()] { house->incomplete.mark(access.key(), true); };
    co_await house().disk.run(std::move(mark));

    auto target = io::FileSink::Target::in_place(std::move(opened.file), access.key());
    target->held = let_go.hold(access.use);
    io::FileSink to(house().around.disk, executor, std::move(target));
    if (to.takes_spliced()) from.may_splice();
    Progress progress(job, opened.length);
    for (io::Piece piece = co_await from.read(); !piece.is_end(); piece = co_await from.read()) {
      const std::uint64_t length = piece.length();
      if (length > progress.left()) {
        io::fail(Code::invalid_arg, "more bytes come than the " + std::to_string(opened.length) + " it has room for");
      }
      co_await to.write(std::move(piece));
      progress.add(length);
    }
    co_await to.finish();
    auto whole = [access = access, house = house().shared_from_this()] { house->incomplete.mark(access.key(), false); };
    co_await house().disk.run_for_sure(std::move(whole));
  };
  auto undo = [&](const Error& why) -> Task<Error> {
    Error error = named(why, "cannot upload to volume '" + name_ + "' of storage pool '" + pool_->name() + "'");
    from.stop(error);
    // Not for ever: a write may hang. The volume is in use until it is over, and who tries again is told so.
    co_await let_go.wait(house().around.clock, let_go_max);
    co_return error;
  };
  co_await io::or_undo(work, undo);
}

FileVolume::Task<> FileVolume::download(driver::Range range, io::Sink& to, driver::Job& job) {
  const io::Executor executor = co_await asio::this_coro::executor;
  std::optional<io::FileSource> from;
  auto work = [&]() -> Task<> {
    Access access = co_await this->access({.doing = "is being downloaded"});
    auto open = [access = access, range] { return open_range(access, O_RDONLY, range, Beyond::cut); };
    Opened opened = co_await disk().run(std::move(open));
    from.emplace(house().around.disk, executor, std::move(opened.file), access.key(),
                 io::FileSourceOptions{.length = opened.length, .holes = range.sparse});
    if (to.takes_spliced()) from->may_splice();
    Progress progress(job, opened.length);
    for (io::Piece piece = co_await from->read(); !piece.is_end(); piece = co_await from->read()) {
      const std::uint64_t length = piece.length();
      co_await to.write(std::move(piece));
      progress.add(length);
    }
    co_await to.finish();
  };
  auto undo = [&](const Error& why) -> Task<Error> {
    Error error = named(why, "cannot download volume '" + name_ + "' of storage pool '" + pool_->name() + "'");
    if (from) from->stop(error);
    to.abort(error);
    co_return error;
  };
  co_await io::or_undo(work, undo);
}

}  // namespace sluice::storage
