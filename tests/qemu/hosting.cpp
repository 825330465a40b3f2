#include "hosting.h"

#include <dirent.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <filesystem>

#include "io/failure.h"
#include "io/signal.h"

namespace sluice::test {
namespace {

// Everything below the state directory but logs, which are kept on purpose.
std::vector<std::string> left_files(const std::string& state) {
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(state)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory() && !name.starts_with("qemu.log")) left.push_back(entry.path().string());
  }
  return left;
}

Task<> warm_up() {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(std::chrono::nanoseconds(1));
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace

std::string uuid_of(const std::string& name) {
  std::string digits;
  for (const char letter : name) digits += std::to_string(static_cast<unsigned char>(letter) % 10);
  digits.resize(12, '0');
  return "11111111-2222-4333-8444-" + digits;
}

std::string tiny_guest(const std::string& name, const std::string& devices) {
  return "<domain type='qemu'><name>" + name + "</name><uuid>" + uuid_of(name) +
         "</uuid><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='pc'>hvm</type></os>"
         "<features><acpi/></features><devices>" +
         devices + "</devices></domain>";
}

Task<> Kept::write(io::Piece piece) {
  if (before_write) co_await before_write();
  if (bytes.size() + piece.length() > fails_at) io::fail(Code::system_error, "disk full");
  if (piece.hole != 0) bytes.append(piece.hole, '\0');
  bytes.append(as_text(piece.bytes.bytes()));
}

Task<> Kept::finish() {
  if (before_finish) co_await before_finish();
  if (fails_to_finish) io::fail(Code::system_error, "disk full at the end");
  finished = true;
  co_return;
}

Task<io::Piece> Played::read() {
  if (before_read) co_await before_read(at);
  const std::size_t count = std::min(piece, bytes.size() - at);
  if (count == 0) co_return io::Piece{};
  io::Piece out{.bytes = Chunk::copy_of(as_bytes(std::string_view(bytes).substr(at, count)))};
  at += count;
  co_return out;
}

Hosting::Hosting(qemu::HostOptions options) : options_(std::move(options)), disk_(std::make_unique<io::Disk>()) {
  // The loops open descriptors of their own with their first timer, and tests count.
  for (const std::size_t number : {0UZ, 1UZ}) io::run_on(loops_.at(number), warm_up());
  options_.state_directory = directory_.path();
  options_.kvm = false;
  open();
}

Hosting::~Hosting() {
  if (host_) close();
}

void Hosting::open() {
  const auto keep = [this](std::string_view line) {
    const std::lock_guard lock(mutex_);
    log_.append(line).append("\n");
  };
  const qemu::Surroundings surroundings{.executor = loops_.at(1),
                                        .disk = *disk_,
                                        .store = store_,
                                        .clock = clock_,
                                        .log = io::Logger::to({.level = io::LogLevel::debug}, keep)};
  host_ = run([&] { return qemu::QemuHost::open(options_, surroundings); });
  watching_ = host_->watch([this](const driver::LifecycleEvent& event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
  });
}

void Hosting::close() {
  watching_.reset();
  run([&] { return host_->close(); });
  host_.reset();
}

std::string Hosting::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

std::vector<driver::LifecycleEvent> Hosting::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::string Hosting::told(const std::string& name) const {
  std::string out;
  for (const driver::LifecycleEvent& each : events()) {
    if (each.machine.name != name) continue;
    out += (out.empty() ? "" : " ") + std::to_string(each.event) + "." + std::to_string(each.detail);
  }
  return out;
}

Task<> forever() {
  io::Signal never;
  co_await never.until([] { return false; });
}

std::vector<int> qemus(const Hosting& hosting) {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    // Ours have the log below the test's own directory as their output.
    std::error_code gone;
    const auto output = std::filesystem::read_symlink(entry.path() / "fd/1", gone);
    if (!gone && output.string().starts_with(hosting.state())) found.push_back(std::stoi(name));
  }
  return found;
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

Error error_of(const std::function<void()>& does) {
  try {
    does();
  } catch (const io::Failure& failure) {
    return failure.error;
  }
  ADD_FAILURE() << "it should have failed";
  return {};
}

void HostTest::TearDown() {
  hosting.run([&]() -> Task<> {
    for (const auto& machine : co_await hosting.host().machines()) {
      const driver::MachineRef ref = co_await machine->ref();
      if (ref.id >= 0) co_await machine->destroy({});
    }
  });
  hosting.close();
  EXPECT_EQ(qemus(hosting), std::vector<int>{}) << "processes left";
  EXPECT_EQ(left_files(hosting.state()), std::vector<std::string>{}) << "files left";
  if (HasFailure()) std::printf("%s", hosting.log().c_str());
}

}  // namespace sluice::test
