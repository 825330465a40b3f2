#include "storage/wiping.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "io/write_back.h"
#include "storage/file_facts.h"
#include "storage/space.h"

namespace sluice::storage {
namespace {

constexpr std::uint64_t wiped_at_once = 1024 * 1024 * 1024;

class Wiping final : public Steps {
 public:
  Wiping(io::Fd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  // What is a hole already, or was allocated and never written, is zeros and is left alone.
  bool step() override {
    const Data data = next_data(file_, at_, path_);
    if (data.end == 0) return sync();
    const std::uint64_t most = std::min(data.end - data.begin, wiped_at_once);
    // The old blocks go, and others come, which read as zeros: the volume keeps the space it had.
    const bool punched = change(FALLOC_FL_PUNCH_HOLE, data.begin, most);
    const bool zeroed = change(FALLOC_FL_ZERO_RANGE, data.begin, most);
    at_ = data.begin + (punched || zeroed ? most : write_zeros(data.begin, most));
    return true;
  }

 private:
  bool sync() {
    const auto end = static_cast<std::uint64_t>(status_of(file_, path_).st_size);
    if (io::sync_some(file_.get(), synced_, end, "cannot wipe '" + path_ + "'")) return true;
    if (::fdatasync(file_.get()) != 0) io::fail_with_errno("cannot wipe '" + path_ + "'");
    return false;
  }
  bool change(int how, std::uint64_t begin, std::uint64_t length) const {
    return ::fallocate(file_.get(), how | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(begin), static_cast<off_t>(length)) ==
           0;
  }
  std::uint64_t write_zeros(std::uint64_t begin, std::uint64_t most) const {
    static constexpr std::array<std::byte, 1024 * 1024> zeros{};
    const auto some = std::min<std::uint64_t>(most, zeros.size());
    write_at(file_, Bytes(zeros).first(static_cast<std::size_t>(some)), begin, path_);
    return some;
  }

  const io::Fd file_;
  const std::string path_;
  std::uint64_t at_ = 0, synced_ = 0;
};

}  // namespace

io::Task<> wipe_volume(const PoolDisk& disk, const Access& access) {
  auto open = [access = access]() -> std::shared_ptr<Steps> {
    io::Fd file = access.open(O_RDWR);
    const model::VolumeFacts facts = facts_of(file, *access.place, access.name());
    if (facts.format != model::VolumeFormat::raw) {
      io::fail(Code::operation_unsupported, "cannot wipe " + access.quoted() + ": its format is qcow2, not raw");
    }
    return std::make_shared<Wiping>(std::move(file), access.key());
  };
  std::shared_ptr<Steps> wiping = co_await disk.run(std::move(open));
  co_await take_steps(disk, std::move(wiping), access.volume.use);
}

}  // namespace sluice::storage
