#include "qemu/endowment.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/failure.h"
#include "qemu/local_socket.h"
#include "qemu/tap.h"

namespace sluice::qemu {
namespace {

using model::CharacterSource;
using model::CharacterType;

// Opens what must be a file or a block device. Non-blocking at first: a fifo of that name must not hold us.
io::Fd open_image(const std::string& path, int access, const std::string& what) {
  io::Fd image(::open(path.c_str(), access | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!image) io::fail_with_errno("cannot open " + what + " '" + path + "'");
  struct stat about{};
  if (::fstat(image.get(), &about) != 0) io::fail_with_errno("cannot look at " + what + " '" + path + "'");
  if (!S_ISREG(about.st_mode) && !S_ISBLK(about.st_mode)) {
    io::fail(Code::open_failed, "cannot use " + what + " '" + path + "': it is neither a file nor a block device");
  }
  if (::fcntl(image.get(), F_SETFL, 0) != 0) io::fail_with_errno("cannot use " + what + " '" + path + "'");
  return image;
}

io::Fd open_output(const std::string& path, bool append) {
  io::Fd output(::open(path.c_str(), O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_APPEND, 0600));
  if (!output) io::fail_with_errno("cannot open output file '" + path + "'");
  struct stat about{};
  if (::fstat(output.get(), &about) != 0 || !S_ISREG(about.st_mode)) {
    io::fail(Code::open_failed, "cannot write to '" + path + "': it is not a file");
  }
  if (!append && ::ftruncate(output.get(), 0) != 0) io::fail_with_errno("cannot empty '" + path + "'");
  return output;
}

void copy_all(const io::Fd& from, const io::Fd& to, const std::string& path) {
  for (;;) {
    const ssize_t count = ::sendfile(to.get(), from.get(), nullptr, 16 * 1024 * 1024);
    if (count == 0) return;
    if (count < 0 && errno != EINTR) io::fail_with_errno("cannot copy '" + path + "' for QEMU");
  }
}

// Whether QEMU's user may open this file once more through our descriptor: the directories above no longer count.
bool readable_for_all(const io::Fd& file) {
  struct stat about{};
  return ::fstat(file.get(), &about) == 0 && (about.st_mode & S_IROTH) != 0;
}

}  // namespace

Endowment::~Endowment() {
  for (const std::string& path : sockets_) remove_socket(path);
}

int Endowment::keep(io::Fd descriptor) {
  kept_.push_back(std::move(descriptor));
  return kept_.back().get();
}

io::Fd Endowment::listen(const std::string& path) {
  io::Fd listening = listen_at(path);
  sockets_.push_back(path);
  return listening;
}

std::vector<int> Endowment::numbers() const {
  std::vector<int> numbers;
  for (const io::Fd& each : kept_) numbers.push_back(each.get());
  return numbers;
}

// QEMU opens kernels by name with the C library, which knows no descriptor sets; /dev/fd works, and opens the file once
// more as QEMU's user. A file that this user may not read is copied to one without a name that it may.
std::string Endowment::readable_file(const std::string& path, const MachineDirectory& directory,
                                     const std::optional<Account>& account) {
  io::Fd file = open_image(path, O_RDONLY, "boot file");
  if (account && !readable_for_all(file)) {
    io::Fd copy = directory.temporary_file();
    copy_all(file, copy, path);
    if (::fchown(copy.get(), account->uid, account->gid) != 0) {
      io::fail_with_errno("cannot give a copy of '" + path + "' to user '" + account->name + "'");
    }
    file = std::move(copy);
  }
  return "/dev/fd/" + std::to_string(keep(std::move(file)));
}

CharacterSupply Endowment::character(const CharacterSource& source, const std::string& path) {
  CharacterSupply supply;
  if (source.type == CharacterType::unix_socket) {
    supply.socket = keep(source.listens ? listen(path) : connect_at(path));
  }
  if (source.type == CharacterType::file) supply.file = keep(open_output(source.path, source.append));
  if (!source.log_file.empty()) supply.log = keep(open_output(source.log_file, source.log_append));
  return supply;
}

Endowment Endowment::gather(model::DomainSpec& spec, const MachineDirectory& directory,
                            const std::optional<Account>& account) {
  Endowment all;
  all.open_all(spec, directory, account);
  return all;
}

void Endowment::open_all(model::DomainSpec& spec, const MachineDirectory& directory,
                         const std::optional<Account>& account) {
  directory.create();
  log_ = directory.open_log();
  supplies_.monitor = keep(listen(directory.monitor()));
  // Connected before QEMU exists: should it end at once, that is the end of this connection and not a missing file.
  monitor_ = connect_at(directory.monitor());

  for (const model::Disk& disk : spec.devices.disks) {
    std::vector<int>& descriptors = supplies_.disks.emplace_back();
    if (disk.source.empty()) continue;
    // QEMU looks for the access mode it wants at the moment, and probes reading only even where it writes later.
    const bool read_only = disk.read_only || disk.device == model::DiskDevice::cdrom;
    descriptors.push_back(keep(open_image(disk.source, O_RDONLY, "disk image")));
    if (!read_only) descriptors.push_back(keep(open_image(disk.source, O_RDWR, "disk image")));
  }
  for (model::Interface& interface : spec.devices.interfaces) {
    int& number = supplies_.taps.emplace_back(-1);
    if (interface.type != model::InterfaceType::ethernet) continue;
    Tap tap = open_tap(interface);
    number = keep(std::move(tap.device));
    interface.target = tap.name;
  }
  for (const model::Serial& serial : serial_lines(spec)) {
    supplies_.serials.push_back(character(serial.source, serial.source.path));
  }
  for (const model::Console& console : spec.devices.consoles) {
    const bool alias = is_serial_alias(console);
    supplies_.consoles.push_back(alias ? CharacterSupply{} : character(console.source, console.source.path));
  }
  for (std::size_t i = 0; i < spec.devices.channels.size(); ++i) {
    CharacterSource& source = spec.devices.channels[i].source;
    if (source.path.empty() && source.type == CharacterType::unix_socket) source.path = directory.channel(i);
    supplies_.channels.push_back(character(source, source.path));
  }
  if (!spec.os.kernel.empty()) supplies_.kernel = readable_file(spec.os.kernel, directory, account);
  if (!spec.os.initrd.empty()) supplies_.initrd = readable_file(spec.os.initrd, directory, account);
}

void remove_sockets(const model::DomainSpec& spec, const MachineDirectory& directory) noexcept {
  remove_socket(directory.monitor());
  const auto remove = [](const CharacterSource& source) {
    if (source.type == CharacterType::unix_socket && source.listens) remove_socket(source.path);
  };
  for (const model::Serial& serial : serial_lines(spec)) remove(serial.source);
  for (const model::Console& console : spec.devices.consoles) {
    if (!is_serial_alias(console)) remove(console.source);
  }
  for (const model::Channel& channel : spec.devices.channels) remove(channel.source);
}

}  // namespace sluice::qemu
