// Opens very many streams on one connection and leaves them alone: idle_client URI POOL/VOLUME COUNT
//
// It says as JSON what that took when the daemon has opened them all. For each line it reads it then reads one of them
// to its end, and says how many bytes came; when its standard input ends, it goes.

#include <sluice/host.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// Memory that belongs to this process alone, in bytes.
std::uint64_t memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "RssAnon:") continue;
    std::uint64_t kib = 0;
    status >> kib;
    return kib * 1024;
  }
  return 0;
}

// How many the daemon has opened, told by itself as they open.
class Opened {
 public:
  explicit Opened(sluice::Host& host)
      : watch_(host.watch_streams([this](const auto& report) { hear(report); }, often)) {}

  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    if (!more_.wait_for(lock, patience, [&] { return open_.size() >= count; })) {
      throw sluice::Failure({.message = "only " + std::to_string(open_.size()) + " streams were opened"});
    }
  }

 private:
  static constexpr std::chrono::milliseconds often{100};
  static constexpr std::chrono::seconds patience{60};  // a guard against hanging

  void hear(const sluice::StreamReport& report) {
    const std::lock_guard lock(mutex_);
    for (const sluice::StreamInfo& info : report.streams) {
      if (info.state == sluice::StreamState::open) open_.insert(info.id);
    }
    more_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::set<std::uint64_t> open_;
  std::shared_ptr<void> watch_;
};

double a_call(const sluice::Host& host) {
  const auto began = Clock::now();
  static_cast<void>(host.hostname());
  return Seconds(Clock::now() - began).count();
}

std::uint64_t read_to_the_end(sluice::Stream& stream) {
  std::vector<std::byte> room(1 << 20);
  std::uint64_t all = 0;
  while (const std::size_t count = stream.read(room)) all += count;
  stream.finish();
  return all;
}

int idle(sluice::Host& host, const sluice::Volume& volume, std::size_t count) {
  Opened opened(host);
  const std::uint64_t before = memory();
  std::vector<sluice::Stream> streams;
  streams.reserve(count);
  const auto began = Clock::now();
  for (std::size_t number = 0; number < count; ++number) streams.push_back(volume.download());
  const double asked = Seconds(Clock::now() - began).count();
  opened.wait_for(count);
  const double open = Seconds(Clock::now() - began).count();
  const std::uint64_t grew = memory() - before;
  std::cout << "{\"opened\": " << count << ", \"ask_s\": " << asked << ", \"open_s\": " << open
            << ", \"call_us\": " << a_call(host) * 1e6 << ", \"client_bytes\": " << grew << "}" << std::endl;
  std::string line;
  while (std::getline(std::cin, line) && !streams.empty()) {
    std::cout << read_to_the_end(streams.back()) << std::endl;
    streams.pop_back();
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: idle_client URI POOL/VOLUME COUNT\n";
    return 2;
  }
  const std::string name = argv[2];
  const std::size_t slash = name.find('/');
  try {
    sluice::Host host = sluice::Host::connect(argv[1]);
    return idle(host, host.lookup_pool(name.substr(0, slash)).lookup(name.substr(slash + 1)),
                std::strtoul(argv[3], nullptr, 10));
  } catch (const sluice::Failure& failure) {
    std::cerr << "idle_client: " << failure.what() << "\n";
    return 1;
  }
}
