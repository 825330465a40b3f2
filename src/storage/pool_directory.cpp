#include "storage/pool_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/fd.h"

namespace sluice::storage {
namespace {

constexpr mode_t usual_mode = 0711;  // libvirt's: who knows a volume's name may reach it

}  // namespace

void make_directory(const model::PoolSpec& spec) {
  for (std::size_t end = spec.path.find('/', 1);; end = spec.path.find('/', end + 1)) {
    const bool last = end == std::string::npos;
    const std::string path = spec.path.substr(0, end);
    const mode_t mode = last ? spec.permissions.mode.value_or(usual_mode) : 0755;
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
      io::fail_with_errno("cannot make directory '" + path + "'");
    if (last) break;
  }
  const io::Fd made(::open(spec.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!made) io::fail_with_errno("cannot open directory '" + spec.path + "'");
  const auto& wanted = spec.permissions;
  // A separate call, which no umask touches.
  if (wanted.mode && ::fchmod(made.get(), *wanted.mode) != 0) {
    io::fail_with_errno("cannot change the mode of '" + spec.path + "'");
  }
  if (!wanted.owner && !wanted.group) return;
  const uid_t owner = wanted.owner.value_or(static_cast<uid_t>(-1));
  const gid_t group = wanted.group.value_or(static_cast<gid_t>(-1));
  if (::fchown(made.get(), owner, group) != 0) io::fail_with_errno("cannot change the owner of '" + spec.path + "'");
}

void remove_directory(const std::string& path) {
  if (::rmdir(path.c_str()) != 0) io::fail_with_errno("cannot remove directory '" + path + "'");
}

}  // namespace sluice::storage
