// The suite, put to directories of this machine.
#include <sys/resource.h>

#include <boost/asio/strand.hpp>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "io/disk.h"
#include "io/failure.h"
#include "io/fake_clock.h"
#include "io/loop.h"
#include "io/temporary_directory.h"
#include "storage/directory_storage.h"
#include "subject.h"

namespace sluice::storage_contract {
namespace {

// No file of this process can be written behind the limit: an error in the middle that needs no broken disk.
void limit_files(rlim_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0) io::fail_with_errno("cannot read the limit of files");
  limit.rlim_cur = bytes;
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) io::fail_with_errno("cannot set the limit of files");
}

class DirectorySubject final : public Subject {
 public:
  explicit DirectorySubject(const io::Executor& executor)
      : storage_({asio::make_strand(executor), disk_, clock_, store_, io::Logger::silent(), "/usr/bin/qemu-img"}) {
    io::run_on(executor, storage_.load());
  }
  ~DirectorySubject() override { heal(); }

  driver::Storage& storage() override { return storage_; }
  std::string path_of(const std::string& pool) const override { return directory_ / pool; }
  std::string break_at(std::uint64_t byte) override {
    std::signal(SIGXFSZ, SIG_IGN);
    limit_files(byte);
    return std::strerror(EFBIG);
  }
  void heal() override { limit_files(RLIM_INFINITY); }
  std::string left_behind() const override {
    std::string left;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
      if (entry.path().filename().string().starts_with('.')) left += "file " + entry.path().string() + "\n";
    }
    return left;
  }

 private:
  io::TemporaryDirectory directory_;
  driver::MemoryStore store_;
  io::FakeClock clock_;  // stands still: what is waited for is waited for to the end
  io::Disk disk_;
  storage::DirectoryStorage storage_;
};

}  // namespace

std::unique_ptr<Subject> make_subject(const io::Executor& executor) {
  return std::make_unique<DirectorySubject>(executor);
}

}  // namespace sluice::storage_contract
