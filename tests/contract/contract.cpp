#include "contract.h"

#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <fstream>
#include <set>

namespace sluice::contract {
namespace {

namespace fs = std::filesystem;

// Also those that ended and were never waited for.
std::vector<std::string> child_processes() {
  std::vector<std::string> found;
  for (const auto& thread : fs::directory_iterator("/proc/self/task")) {
    std::ifstream file(thread.path() / "children");
    EXPECT_TRUE(file || !fs::exists(thread.path())) << "this kernel does not tell whose children there are";
    for (std::string pid; file >> pid;) found.push_back(pid);
  }
  return found;
}

// A sanitizer's own child does not count, nor do the pipes to it: with the first thing reported, suppressed or not, it
// starts in the middle of any test, and turns addresses into names for as long as the process lives.
bool is_symbolizer(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/comm");
  std::string name;
  std::getline(file, name);
  return name.starts_with("llvm-symbolize");
}

std::string target_of(const fs::path& link) {
  std::error_code gone;
  return fs::read_symlink(link, gone).string();
}

std::size_t open_descriptors() {
  std::set<std::string> symbolizers;
  for (const std::string& pid : child_processes()) {
    if (!is_symbolizer(pid)) continue;
    for (const char* standard : {"0", "1"}) symbolizers.insert(target_of("/proc/" + pid + "/fd/" + standard));
  }
  std::size_t count = 0;
  for (const auto& each : fs::directory_iterator("/proc/self/fd")) {
    if (!symbolizers.contains(target_of(each.path()))) ++count;
  }
  return count;
}

std::string children() {
  std::string found;
  for (const std::string& pid : child_processes()) {
    if (!is_symbolizer(pid)) found += (found.empty() ? "" : " ") + pid;
  }
  return found;
}

Task<> warm_up() {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(std::chrono::nanoseconds(1));
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace

Uuid uuid_of(const std::string& name) {
  std::string digits;
  for (const char letter : name) digits += std::to_string(static_cast<unsigned char>(letter) % 10);
  digits.resize(12, '0');
  return Uuid::parse("11111111-2222-4333-8444-" + digits).value();
}

Contract::Contract() {
  // The loops open theirs with their first timer and their first descriptor.
  for (io::Loop* loop : {&streams_, &machines_}) io::run_on(loop->executor(), warm_up());
  descriptors_before_ = open_descriptors();
  subject_ = make_subject(machines_.executor());
  watching_ = host().watch([this](const driver::LifecycleEvent& event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
  });
}

Contract::~Contract() = default;

void Contract::close() {
  run([&]() -> Task<> {
    for (const MachinePtr& machine : co_await host().machines()) {
      const MachineRef ref = co_await machine->ref();
      if (ref.id >= 0) co_await machine->destroy({});
    }
    co_await host().close();
  });
}

void Contract::TearDown() {
  close();
  watching_.reset();
  EXPECT_EQ(subject_->left_behind(), "");
  subject_.reset();
  EXPECT_EQ(children(), "");
  EXPECT_EQ(open_descriptors(), descriptors_before_);
}

MachinePtr Contract::defined(const std::string& name) {
  return run([&] { return host().define(definition(name)); });
}

MachinePtr Contract::running(const std::string& name, bool paused) {
  const MachinePtr machine = defined(name);
  run([&] { return machine->start({.paused = paused}); });
  return machine;
}

MachinePtr Contract::transient(const std::string& name, bool paused) {
  return run([&] { return host().create(definition(name), {.paused = paused}); });
}

MachineInfo Contract::info(Machine& machine) {
  return run([&] { return machine.info(); });
}

std::size_t Contract::machine_count() {
  return run([&] { return host().machines(); }).size();
}

std::string Contract::saved(Machine& machine, driver::SaveOptions options) {
  KeptSink kept;
  Job job(JobKind::save);
  run([&] { return machine.save(kept, options, job); });
  EXPECT_TRUE(kept.finished);
  return kept.bytes;
}

MachinePtr Contract::restored(const std::string& bytes, driver::RestoreOptions options) {
  KeptSource from(bytes);
  Job job(JobKind::restore);
  return run([&] { return host().restore(from, options, job); });
}

std::string Contract::told(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const driver::LifecycleEvent& each : events_) {
    if (each.machine.name != name) continue;
    out += (out.empty() ? "" : " ") + std::to_string(each.event) + "." + std::to_string(each.detail);
  }
  return out;
}

testing::AssertionResult says(const Error& error, const std::vector<std::string>& words) {
  for (const std::string& each : words) {
    if (error.message.find(each) == std::string::npos) {
      return testing::AssertionFailure() << "'" << error.message << "' does not say '" << each << "'";
    }
  }
  return testing::AssertionSuccess();
}

}  // namespace sluice::contract
