#include "driver/memory_ground.h"

#include <boost/asio/post.hpp>

#include "driver/volume_rules.h"
#include "io/undo.h"

namespace sluice::driver {
namespace {

constexpr std::uint32_t usual_mode = 0600;

}  // namespace

Task<model::PoolFigures> MemoryGround::figures() {
  const std::uint64_t capacity = disk_->room->size(), taken = disk_->room->taken();
  co_return model::PoolFigures{.capacity = capacity, .allocation = taken, .available = capacity - taken};
}

Task<std::vector<std::string>> MemoryGround::names() {
  auto list = [this]() -> Task<std::vector<std::string>> {
    std::vector<std::string> found;
    for (const auto& [name, file] : files_) found.push_back(name);
    co_return found;
  };
  co_return co_await here(std::move(list));
}

Task<bool> MemoryGround::contains(std::string name) {
  auto look = [this, &name]() -> Task<bool> { co_return files_.contains(name); };
  co_return co_await here(std::move(look));
}

Task<MemoryGround::FilePtr> MemoryGround::file(Held volume) {
  auto look = [this, &volume]() -> Task<FilePtr> {
    const auto found = files_.find(volume.name);
    if (found == files_.end()) {
      io::fail(Code::no_storage_vol, "there is no " + volume.quoted(), ErrorDomain::storage);
    }
    co_return found->second;
  };
  co_return co_await here(std::move(look));
}

Task<> MemoryGround::require_absent(const Held& volume) {
  const bool there = co_await contains(volume.name);
  if (there) {
    io::fail(Code::storage_vol_exist, "there is a " + volume.quoted() + " already", ErrorDomain::storage);
  }
}

MemoryGround::FilePtr MemoryGround::make(const Held& volume, const model::VolumeSpec& spec) const {
  const std::string what = "cannot create " + volume.quoted();
  if (spec.format != model::VolumeFormat::raw) {
    io::fail(
        Code::config_unsupported,
        what + ": format '" + std::string(model::word(spec.format)) + "' is not supported in memory: only 'raw' is",
        ErrorDomain::storage);
  }
  if (spec.capacity > volume_max) io::fail(Code::invalid_arg, what + ": no file is that large", ErrorDomain::storage);
  auto file = std::make_shared<MemoryFile>(disk_->room);
  file->permissions = spec.permissions;
  if (!file->permissions.mode) file->permissions.mode = usual_mode;
  file->bytes.set_length(spec.capacity);
  try {
    file->bytes.reserve(0, std::min(spec.allocation.value_or(spec.capacity), spec.capacity));
  } catch (const io::Failure& full) {
    throw io::Failure(full.error.while_doing(what));
  }
  return file;
}

// The use of its name keeps others from making it meanwhile.
Task<> MemoryGround::publish(const Held& volume, FilePtr file) {
  auto put = [this, name = volume.name, file = std::move(file)]() -> Task<> {
    files_.emplace(name, file);
    co_return;
  };
  co_await here(std::move(put));
}

Task<> MemoryGround::create(Held volume, model::VolumeSpec spec) {
  co_await require_absent(volume);
  FilePtr file = make(volume, spec);
  co_await publish(volume, std::move(file));
}

Task<> MemoryGround::clone(Held volume, model::VolumeSpec spec, Held original) {
  co_await require_absent(volume);
  auto& where = static_cast<MemoryGround&>(*original.ground);  // all of this storage are such
  const FilePtr from = co_await where.file(original);
  FilePtr to = make(volume, spec);
  const std::uint64_t length = from->bytes.length();
  for (std::uint64_t at = 0; at < length;) {
    const io::Piece piece = from->bytes.read(at, length - at, {.holes = true});
    if (piece.hole == 0) to->bytes.write(at, piece.bytes.bytes());
    at += piece.length();
    co_await asio::post(asio::use_awaitable);  // others have their turn, and it may be cancelled
  }
  co_await publish(volume, std::move(to));
}

Task<model::VolumeFacts> MemoryGround::facts(Held volume) {
  const FilePtr looked_at = co_await file(volume);
  const std::string path = path_of(volume.name);
  const std::uint64_t length = looked_at->bytes.length();
  co_return model::VolumeFacts{.name = volume.name,
                               .key = path,
                               .path = path,
                               .capacity = length,
                               .allocation = looked_at->bytes.taken(),
                               .physical = length,
                               .permissions = looked_at->permissions,
                               .incomplete = looked_at->incomplete};
}

Task<> MemoryGround::resize(Held volume, std::uint64_t capacity, ResizeOptions options) {
  const FilePtr resized = co_await file(volume);
  const std::uint64_t now = resized->bytes.length();
  const std::uint64_t then = capacity_after(volume, now, capacity, options);
  try {
    if (options.allocate) resized->bytes.reserve(now, then);
  } catch (const io::Failure& full) {
    throw io::Failure(full.error.while_doing("cannot resize " + volume.quoted()));
  }
  resized->bytes.set_length(then);
}

Task<> MemoryGround::wipe(Held volume) {
  const FilePtr wiped = co_await file(volume);
  wiped->bytes.zero();
}

Task<> MemoryGround::remove(Held volume) {
  static_cast<void>(co_await file(volume));
  auto remove = [this, &volume]() -> Task<> {
    files_.erase(volume.name);
    co_return;
  };
  co_await here(std::move(remove));
}

}  // namespace sluice::driver
