#include "storage/place.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "io/failure.h"
#include "model/volume.h"

namespace sluice::storage {
namespace {

// glibc 2.36 has no wrapper.
io::Fd open_beneath(int directory, const std::string& name, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  for (;;) {
    const long fd = ::syscall(SYS_openat2, directory, name.c_str(), &how, sizeof how);
    // EAGAIN: something was renamed just now, and the kernel cannot tell whether we left.
    if (fd < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return io::Fd(static_cast<int>(fd));
  }
}

// There is something, or nothing, but no volume: a link, a directory, a socket, a name that leads elsewhere.
bool means_no_volume(int os_error) {
  return os_error == ENOENT || os_error == ELOOP || os_error == EXDEV || os_error == ENOTDIR || os_error == EISDIR ||
         os_error == ENXIO;
}

}  // namespace

std::shared_ptr<Place> Place::open(const std::string& path) {
  io::Fd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) io::fail_with_errno("cannot open directory '" + path + "'");
  return std::shared_ptr<Place>(new Place(path, std::move(directory)));
}

std::string Place::for_children() const { return "/proc/self/fd/" + std::to_string(directory_.get()); }

io::Fd Place::file(const std::string& name, int flags) const {
  if (!model::check_volume_name(name) || name.starts_with(draft_prefix)) return {};
  // Non-blocking, for a fifo of that name; regular files do not care.
  io::Fd file = open_beneath(directory_.get(), name, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
  if (!file && means_no_volume(errno)) return {};
  if (!file) io::fail_with_errno("cannot open '" + path_of(name) + "'");
  if (!S_ISREG(status_of(file, path_of(name)).st_mode)) return {};
  return file;
}

std::vector<std::string> Place::entries() const {
  // A descriptor with O_PATH cannot be read.
  io::Fd readable(::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!readable) io::fail_with_errno("cannot read directory '" + path_ + "'");
  DIR* opened = ::fdopendir(readable.get());
  if (opened == nullptr) io::fail_with_errno("cannot read directory '" + path_ + "'");
  static_cast<void>(readable.release());
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opened, ::closedir);
  std::vector<std::string> found;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr && errno != 0) io::fail_with_errno("cannot read directory '" + path_ + "'");
    if (entry == nullptr) return found;
    struct stat status{};
    const bool there = ::fstatat(directory_.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && S_ISREG(status.st_mode)) found.emplace_back(entry->d_name);
  }
}

std::vector<std::string> Place::names() const {
  std::vector<std::string> found = entries();
  std::erase_if(
      found, [](const std::string& name) { return name.starts_with(draft_prefix) || !model::check_volume_name(name); });
  std::ranges::sort(found);
  return found;
}

model::PoolFigures Place::figures() const {
  struct statvfs status{};
  if (::fstatvfs(directory_.get(), &status) != 0) io::fail_with_errno("cannot measure '" + path_ + "'");
  const std::uint64_t block = status.f_frsize;
  const std::uint64_t capacity = status.f_blocks * block, free = status.f_bfree * block;
  return {.capacity = capacity, .allocation = capacity - free, .available = status.f_bavail * block};
}

io::Fd Place::create(const std::string& name) const {
  io::Fd file = open_beneath(directory_.get(), name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (!file) io::fail_with_errno("cannot create a file in '" + path_ + "'");
  return file;
}

bool Place::rename(const std::string& from, const std::string& to) const {
  if (::renameat2(directory_.get(), from.c_str(), directory_.get(), to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EEXIST) io::fail_with_errno("cannot create '" + path_of(to) + "'");
  return false;
}

void Place::remove(const std::string& name) const {
  if (::unlinkat(directory_.get(), name.c_str(), 0) != 0) io::fail_with_errno("cannot remove '" + path_of(name) + "'");
}

void Place::forget(const std::string& name) const noexcept { ::unlinkat(directory_.get(), name.c_str(), 0); }

void Place::forget_drafts() const {
  for (const std::string& name : entries()) {
    if (name.starts_with(draft_prefix)) forget(name);
  }
}

void Place::sync() const {
  const io::Fd readable(::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Without this a crash may forget the name. Some file systems cannot do it (EINVAL) and need not.
  if (readable && ::fsync(readable.get()) != 0 && errno != EINVAL) io::fail_with_errno("cannot sync '" + path_ + "'");
}

struct stat status_of(const io::Fd& file, const std::string& path) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) io::fail_with_errno("cannot look at '" + path + "'");
  return status;
}

}  // namespace sluice::storage
