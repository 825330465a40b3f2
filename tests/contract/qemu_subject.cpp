// The contract, put to QEMU.
#include <dirent.h>

#include <filesystem>

#include "driver/store.h"
#include "io/clock.h"
#include "io/disk.h"
#include "io/loop.h"
#include "io/temporary_directory.h"
#include "qemu/host.h"
#include "subject.h"

namespace sluice::contract {
namespace {

namespace fs = std::filesystem;

class QemuSubject final : public Subject {
 public:
  explicit QemuSubject(const io::Executor& executor) {
    qemu::HostOptions options{.state_directory = directory_.path(), .kvm = false};
    auto open = [&] {
      return qemu::QemuHost::open(
          options,
          {.executor = executor, .disk = disk_, .store = store_, .clock = clock_, .log = io::Logger::silent()});
    };
    host_ = io::run_on(executor, open());
  }

  driver::Host& host() override { return *host_; }

  // A BIOS with nothing to boot: it runs and can be saved, and needs no kernel.
  std::string definition(const std::string& name) const override {
    return "<domain type='qemu'><name>" + name + "</name><uuid>" + uuid_of(name).text() +
           "</uuid><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='pc'>hvm</type></os>"
           "<features><acpi/></features><devices><console type='pty'/></devices></domain>";
  }

  std::string left_behind() const override {
    std::string left;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path())) {
      const std::string name = entry.path().filename().string();
      // Logs are kept on purpose.
      if (!entry.is_directory() && !name.starts_with("qemu.log")) left += "file " + entry.path().string() + "\n";
    }
    for (const auto& entry : fs::directory_iterator("/proc")) {
      std::error_code gone;
      const auto output = fs::read_symlink(entry.path() / "fd/1", gone);
      if (!gone && output.string().starts_with(directory_.path())) left += "process " + entry.path().string() + "\n";
    }
    return left;
  }
  int thoroughness() const override { return 4; }

 private:
  io::TemporaryDirectory directory_;
  driver::MemoryStore store_;
  io::SteadyClock clock_;
  io::Disk disk_;
  std::unique_ptr<qemu::QemuHost> host_;
};

}  // namespace

std::unique_ptr<Subject> make_subject(const io::Executor& executor) { return std::make_unique<QemuSubject>(executor); }

}  // namespace sluice::contract
