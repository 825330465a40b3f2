#include "storage/resizing.h"

#include <fcntl.h>
#include <unistd.h>

#include "driver/volume_rules.h"
#include "storage/file_facts.h"
#include "storage/image_tool.h"
#include "storage/in_order.h"
#include "storage/space.h"

namespace sluice::storage {
namespace {

// Blocks.
void set_length(const Access& access, std::uint64_t length) {
  const io::Fd file = access.open(O_RDWR);
  if (::ftruncate(file.get(), static_cast<off_t>(length)) != 0 || ::fsync(file.get()) != 0) {
    io::fail_with_errno("cannot resize '" + access.key() + "'");
  }
}

class AllocatingInOrder final : public Steps {
 public:
  AllocatingInOrder(std::shared_ptr<InOrder> order, std::unique_ptr<Allocating> allocating)
      : order_(std::move(order)), allocating_(std::move(allocating)) {}
  bool step() override {
    bool more = false;
    order_->work([&] { more = allocating_->step(); });
    return more;
  }

 private:
  const std::shared_ptr<InOrder> order_;
  const std::unique_ptr<Allocating> allocating_;
};

io::Task<> resize_raw(const PoolDisk& disk, const Access& access, std::uint64_t now, std::uint64_t then,
                      bool allocate) {
  const auto order = std::make_shared<InOrder>();
  auto grow = [&]() -> io::Task<> {
    if (allocate && then > now) {
      auto open = [access = access, order, now, then]() -> std::shared_ptr<Steps> {
        auto allocating = std::make_unique<Allocating>(access.open(O_RDWR), access.key(), now, then);
        return std::make_shared<AllocatingInOrder>(order, std::move(allocating));
      };
      std::shared_ptr<Steps> allocating = co_await disk.run(std::move(open));
      co_await take_steps(disk, std::move(allocating), access.volume.use);
    }
    auto cut = [access = access, order, then] { order->work([&] { set_length(access, then); }); };
    co_await disk.run_for_sure(std::move(cut));
  };
  // Space behind the end of a file goes when the file is cut where it ends.
  auto undo = [&](Error why) -> io::Task<Error> {
    auto cut = [access = access, order, now] { order->take_back([&] { set_length(access, now); }); };
    co_await disk.run_for_sure(std::move(cut));
    co_return why;
  };
  co_await io::or_undo(grow, undo);
}

io::Task<> resize_image(const PoolDisk& disk, const Access& access, std::uint64_t then, driver::ResizeOptions options) {
  ImageWork work{.what = "cannot resize " + access.quoted(),
                 .arguments = {"resize", "-f", "qcow2"},
                 .path = access.key(),
                 .held = access.volume.use};
  if (options.shrink) work.arguments.emplace_back("--shrink");
  if (options.allocate) work.arguments.emplace_back("--preallocation=falloc");
  work.arguments.push_back(local(access.name()));
  work.arguments.push_back(std::to_string(then));
  co_await run_image_tool(disk, access.place, std::move(work));
}

}  // namespace

io::Task<> resize_volume(const PoolDisk& disk, const Access& access, std::uint64_t capacity,
                         driver::ResizeOptions options) {
  auto look = [access = access] {
    const io::Fd file = access.open(O_RDONLY);
    refuse_foreign_files(file, access.key(), "cannot resize " + access.quoted(), Backing::allowed);
    return facts_of(file, *access.place, access.name());
  };
  const model::VolumeFacts facts = co_await disk.run(std::move(look));
  const std::uint64_t then = driver::capacity_after(access.volume, facts.capacity, capacity, options);
  if (facts.format == model::VolumeFormat::raw) {
    co_await resize_raw(disk, access, facts.capacity, then, options.allocate);
  } else {
    co_await resize_image(disk, access, then, options);
  }
}

}  // namespace sluice::storage
