#include "storage/creation.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "driver/volume_rules.h"
#include "storage/draft.h"
#include "storage/file_facts.h"
#include "storage/image_tool.h"
#include "storage/space.h"

namespace sluice::storage {

using io::Task;
using model::VolumeFacts;
using model::VolumeFormat;
using model::VolumeSpec;

namespace {

std::shared_ptr<Draft> begin(io::Disk& disk, const Access& access, const VolumeSpec& spec) {
  if (spec.name.starts_with(draft_prefix)) {
    io::fail(Code::invalid_arg, "cannot create " + access.quoted() + ": names that begin with '" +
                                    std::string(draft_prefix) + "' are kept for what is not yet a volume");
  }
  if (spec.capacity > driver::volume_max) {
    io::fail(Code::invalid_arg, "cannot create " + access.quoted() + ": no file is that large");
  }
  if (access.place->file(spec.name, O_RDONLY)) {
    io::fail(Code::storage_vol_exist, "there is a " + access.quoted() + " already");
  }
  return std::make_shared<Draft>(disk, access.place);
}

// Makes a draft, does `fill` with it and gives it its name.
template <class Fill>
Task<> make(const PoolDisk& disk, const Access& access, const VolumeSpec& spec, Fill fill) {
  auto start = [&threads = disk.house->around.disk, access = access, spec = spec] {
    return begin(threads, access, spec);
  };
  const std::shared_ptr<Draft> draft = co_await disk.run(std::move(start));
  co_await fill(draft);
  auto sync = [draft, key = access.key()]() -> std::shared_ptr<Steps> {
    return std::make_shared<Syncing>(draft->file().duplicate(), key);
  };
  std::shared_ptr<Steps> syncing = co_await disk.run(std::move(sync));
  co_await take_steps(disk, std::move(syncing));
  auto complete = [draft, permissions = spec.permissions] { draft->complete(permissions); };
  co_await disk.run(std::move(complete));
  auto publish = [draft, access = access, house = disk.house] {
    // A mark that is left of a file of that name, which somebody took away behind our back.
    house->incomplete.mark(access.key(), false);
    draft->publish(access.name());
  };
  co_await disk.run_for_sure(std::move(publish));
}

Task<> allocate(const PoolDisk& disk, const std::shared_ptr<Draft>& draft, const Access& access,
                const VolumeSpec& spec) {
  auto begin = [draft, key = access.key(), spec = spec]() -> std::shared_ptr<Steps> {
    if (::ftruncate(draft->file().get(), static_cast<off_t>(spec.capacity)) != 0) {
      io::fail_with_errno("cannot make '" + key + "' " + std::to_string(spec.capacity) + " bytes long");
    }
    const std::uint64_t wanted = std::min(spec.allocation.value_or(spec.capacity), spec.capacity);
    return std::make_shared<Allocating>(draft->file().duplicate(), key, 0, wanted);
  };
  std::shared_ptr<Steps> allocating = co_await disk.run(std::move(begin));
  co_await take_steps(disk, std::move(allocating));
}

Task<> create_image(const PoolDisk& disk, const std::shared_ptr<Draft>& draft, const Access& access,
                    const VolumeSpec& spec) {
  using Holds = std::pair<std::shared_ptr<Draft>, Access>;
  ImageWork work{.what = "cannot create " + access.quoted(),
                 .arguments = {"create", "-q", "-f", word_of(spec.format)},
                 .path = access.key(),
                 .held = std::make_shared<Holds>(draft, access)};
  if (spec.backing) {
    if (spec.capacity == 0) {
      io::fail(Code::config_unsupported, work.what + ": a volume over a backing store needs a capacity",
               ErrorDomain::storage);
    }
    // Unopened: it is the client who names it, and who opens it must not have the daemon's rights.
    work.arguments.insert(work.arguments.end(), {"-u", "-b", spec.backing->path, "-F", word_of(spec.backing->format)});
  } else if (spec.capacity > 0 && spec.allocation.value_or(0) >= spec.capacity) {
    work.arguments.insert(work.arguments.end(), {"-o", "preallocation=falloc"});
  }
  work.arguments.push_back(local(draft->name()));
  work.arguments.push_back(std::to_string(spec.capacity));
  co_await run_image_tool(disk, access.place, std::move(work));
}

Task<> copy_raw(const PoolDisk& disk, const std::shared_ptr<Draft>& draft, const Access& access,
                const Access& original) {
  auto open = [draft, key = access.key(), original = original]() -> std::shared_ptr<Steps> {
    return std::make_shared<Copying>(original.open(O_RDONLY), original.key(), draft->file().duplicate(), key);
  };
  std::shared_ptr<Steps> copying = co_await disk.run(std::move(open));
  co_await take_steps(disk, std::move(copying));
}

// Reading and writing an image takes time in proportion to its bytes.
std::chrono::seconds conversion_time(std::uint64_t bytes) {
  constexpr std::uint64_t bytes_per_second = 32 * 1024 * 1024;
  return std::chrono::seconds(30 + bytes / bytes_per_second);
}

Task<> convert(const PoolDisk& disk, const std::shared_ptr<Draft>& draft, const Access& access, const VolumeSpec& spec,
               const Access& copied, const VolumeFacts& original) {
  struct Holds {
    std::shared_ptr<Draft> draft;
    Access made, copied;
  };
  const auto held = std::make_shared<Holds>(draft, access, copied);
  const std::string what = "cannot create " + access.quoted() + " from '" + original.path + "'";
  ImageWork copy{.what = what,
                 .arguments = {"convert", "-q", "-f", word_of(original.format), "-O", word_of(spec.format)},
                 .path = access.key(),
                 .cpu_time = conversion_time(std::max(original.capacity, original.physical)),
                 .held = held};
  copy.arguments.insert(copy.arguments.end(), {original.path, local(draft->name())});
  co_await run_image_tool(disk, access.place, std::move(copy));
  if (spec.capacity <= original.capacity) co_return;
  ImageWork grow{.what = what,
                 .arguments = {"resize", "-q", "-f", word_of(spec.format), local(draft->name())},
                 .path = access.key(),
                 .held = held};
  grow.arguments.push_back(std::to_string(spec.capacity));
  co_await run_image_tool(disk, access.place, std::move(grow));
}

}  // namespace

Task<> create_volume(const PoolDisk& disk, const Access& access, const VolumeSpec& spec) {
  auto fill = [&](const std::shared_ptr<Draft>& draft) {
    return spec.format == VolumeFormat::raw ? allocate(disk, draft, access, spec)
                                            : create_image(disk, draft, access, spec);
  };
  co_await make(disk, access, spec, fill);
}

Task<> clone_volume(const PoolDisk& disk, const Access& access, const VolumeSpec& spec, const Access& original) {
  auto look = [original = original, what = "cannot create " + access.quoted()] {
    const io::Fd file = original.open(O_RDONLY);
    refuse_foreign_files(file, original.key(), what, Backing::refused);
    return facts_of(file, *original.place, original.name());
  };
  const VolumeFacts facts = co_await disk.run(std::move(look));
  const bool plain = facts.format == VolumeFormat::raw && spec.format == VolumeFormat::raw;
  auto fill = [&](std::shared_ptr<Draft> draft) -> Task<> {
    if (!plain) {
      co_await convert(disk, draft, access, spec, original, facts);
      co_return;
    }
    co_await allocate(disk, draft, access, spec);
    co_await copy_raw(disk, draft, access, original);
  };
  co_await make(disk, access, spec, fill);
}

}  // namespace sluice::storage
