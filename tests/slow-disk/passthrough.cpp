#include "passthrough.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>

namespace slow_disk {
namespace {

Disk& disk() { return *static_cast<Disk*>(::fuse_get_context()->private_data); }

// Below the directory shown; FUSE's paths begin with a slash.
const char* below(const char* path) { return path[1] == '\0' ? "." : path + 1; }

int done(int result) { return result < 0 ? -errno : 0; }

int file_of(const fuse_file_info* file) { return static_cast<int>(file->fh); }

void* mounted(fuse_conn_info* connection, fuse_config* config) {
  // Nothing of names and attributes is kept, so that a disk which hangs hangs whoever asks.
  config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
  config->hard_remove = 1;  // open files live on without a name, as on a disk
  config->use_ino = 1;
  connection->max_background = 64;  // more can be under way at once than a stuck disk is asked
  connection->congestion_threshold = 64;
  connection->want &= ~unsigned{FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_SPLICE_READ};
  if (disk().cache == Cache::writes) connection->want |= FUSE_CAP_WRITEBACK_CACHE & connection->capable;
  std::cout << "mounted " + std::string(disk().mountpoint) + '\n' << std::flush;
  return &disk();
}

int get_attributes(const char* path, struct stat* into, fuse_file_info* file) {
  disk().faults.before_other("getattr", path ? path : "");
  if (file) return done(::fstat(file_of(file), into));
  return done(::fstatat(disk().directory, below(path), into, AT_SYMLINK_NOFOLLOW));
}

int read_link(const char* path, char* into, std::size_t size) {
  disk().faults.before_other("readlink", path);
  const ssize_t count = ::readlinkat(disk().directory, below(path), into, size - 1);
  if (count < 0) return -errno;
  into[count] = '\0';
  return 0;
}

int make_node(const char* path, mode_t mode, dev_t device) {
  disk().faults.before_other("mknod", path);
  return done(::mknodat(disk().directory, below(path), mode, device));
}

int make_directory(const char* path, mode_t mode) {
  disk().faults.before_other("mkdir", path);
  return done(::mkdirat(disk().directory, below(path), mode));
}

int remove_file(const char* path) {
  disk().faults.before_other("unlink", path);
  return done(::unlinkat(disk().directory, below(path), 0));
}

int remove_directory(const char* path) {
  disk().faults.before_other("rmdir", path);
  return done(::unlinkat(disk().directory, below(path), AT_REMOVEDIR));
}

int make_symbolic_link(const char* target, const char* path) {
  disk().faults.before_other("symlink", path);
  return done(::symlinkat(target, disk().directory, below(path)));
}

int rename_file(const char* from, const char* to, unsigned flags) {
  disk().faults.before_other("rename", from);
  return done(::renameat2(disk().directory, below(from), disk().directory, below(to), flags));
}

int make_link(const char* from, const char* to) {
  disk().faults.before_other("link", from);
  return done(::linkat(disk().directory, below(from), disk().directory, below(to), 0));
}

int change_mode(const char* path, mode_t mode, fuse_file_info* file) {
  disk().faults.before_other("chmod", path ? path : "");
  return done(file ? ::fchmod(file_of(file), mode) : ::fchmodat(disk().directory, below(path), mode, 0));
}

int change_owner(const char* path, uid_t user, gid_t group, fuse_file_info* file) {
  disk().faults.before_other("chown", path ? path : "");
  if (file) return done(::fchown(file_of(file), user, group));
  return done(::fchownat(disk().directory, below(path), user, group, AT_SYMLINK_NOFOLLOW));
}

int change_times(const char* path, const timespec times[2], fuse_file_info* file) {
  disk().faults.before_other("utimens", path ? path : "");
  if (file) return done(::futimens(file_of(file), times));
  return done(::utimensat(disk().directory, below(path), times, AT_SYMLINK_NOFOLLOW));
}

int change_size(const char* path, off_t size, fuse_file_info* file) {
  if (const int error = disk().faults.before_growing(path ? path : "", static_cast<std::uint64_t>(size))) return error;
  if (file) return done(::ftruncate(file_of(file), size));
  const int opened = ::openat(disk().directory, below(path), O_WRONLY | O_CLOEXEC);
  if (opened < 0) return -errno;
  const int result = done(::ftruncate(opened, size));
  ::close(opened);
  return result;
}

int opened(int descriptor, fuse_file_info* file) {
  if (descriptor < 0) return -errno;
  file->fh = static_cast<std::uint64_t>(descriptor);
  file->direct_io = disk().cache == Cache::none;
  return 0;
}

// Where the kernel keeps writes it reads what they only touch in part, and appends by itself.
int flags_of(const fuse_file_info* file) {
  int flags = (file->flags & ~O_DIRECT) | O_CLOEXEC;
  if (disk().cache == Cache::writes) {
    flags &= ~O_APPEND;
    if ((flags & O_ACCMODE) == O_WRONLY) flags = (flags & ~O_ACCMODE) | O_RDWR;
  }
  return flags;
}

int open_file(const char* path, fuse_file_info* file) {
  disk().faults.before_other("open", path);
  return opened(::openat(disk().directory, below(path), flags_of(file)), file);
}

int create_file(const char* path, mode_t mode, fuse_file_info* file) {
  disk().faults.before_other("create", path);
  return opened(::openat(disk().directory, below(path), flags_of(file) | O_CREAT, mode), file);
}

int close_file(const char* path, fuse_file_info*) {  // one of the descriptors of an open file
  disk().faults.before_other("close", path ? path : "");
  return 0;
}

int release_file(const char*, fuse_file_info* file) { return done(::close(file_of(file))); }

int read_file(const char* path, char* into, std::size_t size, off_t offset, fuse_file_info* file) {
  if (const int error = disk().faults.before_read(path ? path : "", static_cast<std::uint64_t>(offset), size))
    return error;
  const ssize_t count = ::pread(file_of(file), into, size, offset);
  return count < 0 ? -errno : static_cast<int>(count);
}

int write_file(const char* path, const char* from, std::size_t size, off_t offset, fuse_file_info* file) {
  if (const int error = disk().faults.before_write(path ? path : "", static_cast<std::uint64_t>(offset), size))
    return error;
  const ssize_t count = ::pwrite(file_of(file), from, size, offset);
  return count < 0 ? -errno : static_cast<int>(count);
}

int sync_file(const char* path, int only_data, fuse_file_info* file) {
  disk().faults.before_sync(path ? path : "");
  return done(only_data ? ::fdatasync(file_of(file)) : ::fsync(file_of(file)));
}

int allocate(const char* path, int mode, off_t offset, off_t size, fuse_file_info* file) {
  const bool grows = (mode & (FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) == 0;
  const auto end = grows ? static_cast<std::uint64_t>(offset) + static_cast<std::uint64_t>(size) : 0;
  if (const int error = disk().faults.before_growing(path ? path : "", end)) return error;
  return done(::fallocate(file_of(file), mode, offset, size));
}

off_t seek(const char* path, off_t offset, int whence, fuse_file_info* file) {
  disk().faults.before_other("lseek", path ? path : "");
  const off_t found = ::lseek(file_of(file), offset, whence);
  return found < 0 ? -errno : found;
}

int file_system_figures(const char* path, struct statvfs* into) {
  disk().faults.before_other("statfs", path ? path : "");
  return done(::fstatvfs(disk().directory, into));
}

int list_directory(const char* path, void* into, fuse_fill_dir_t fill, off_t, fuse_file_info*, fuse_readdir_flags) {
  disk().faults.before_other("readdir", path);
  const int directory = ::openat(disk().directory, below(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return -errno;
  DIR* const listing = ::fdopendir(directory);
  if (!listing) {
    const int error = errno;
    ::close(directory);
    return -error;
  }
  int result = 0;
  for (errno = 0; const dirent* const entry = ::readdir(listing); errno = 0) {
    struct stat facts{};
    facts.st_ino = entry->d_ino;
    facts.st_mode = static_cast<mode_t>(DTTOIF(entry->d_type));
    if (fill(into, entry->d_name, &facts, 0, fuse_fill_dir_flags{}) != 0) {
      result = -ENOMEM;
      break;
    }
  }
  if (result == 0) result = -errno;
  ::closedir(listing);
  return result;
}

}  // namespace

const fuse_operations& operations() {
  static const fuse_operations all{.getattr = get_attributes,
                                   .readlink = read_link,
                                   .mknod = make_node,
                                   .mkdir = make_directory,
                                   .unlink = remove_file,
                                   .rmdir = remove_directory,
                                   .symlink = make_symbolic_link,
                                   .rename = rename_file,
                                   .link = make_link,
                                   .chmod = change_mode,
                                   .chown = change_owner,
                                   .truncate = change_size,
                                   .open = open_file,
                                   .read = read_file,
                                   .write = write_file,
                                   .statfs = file_system_figures,
                                   .flush = close_file,
                                   .release = release_file,
                                   .fsync = sync_file,
                                   .readdir = list_directory,
                                   .init = mounted,
                                   .create = create_file,
                                   .utimens = change_times,
                                   .fallocate = allocate,
                                   .lseek = seek};
  return all;
}

}  // namespace slow_disk
