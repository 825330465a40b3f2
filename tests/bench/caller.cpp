// caller.py's figures between two Sluice ends: the same words, the same line of JSON, through libsluice. Downloads go
// to /dev/null, as those of `sluice` do.

#include <sluice/host.h>

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr auto pause = std::chrono::milliseconds(2);  // between two calls: their own load is not what is looked at
constexpr std::uint64_t at_speed = 64 << 20;          // bytes of each download, until they count
constexpr std::size_t read_before_abort = 8 << 20;

struct Ends {
  sluice::Host host;
  sluice::Volume volume;
};

// So many of the same volume, each begun again when it is over.
class Downloads {
 public:
  Downloads(const Ends& ends, int count) : null_(::open("/dev/null", O_WRONLY | O_CLOEXEC)) {
    for (int number = 0; number < count; ++number)
      threads_.emplace_back([this, volume = ends.volume](const std::stop_token& stop) { run(volume, stop); });
    const auto enough = at_speed * static_cast<std::uint64_t>(count);
    for (std::uint64_t came = bytes_; came < enough; came = bytes_) bytes_.wait(came);
  }

  double bytes() const { return static_cast<double>(bytes_); }

 private:
  void run(const sluice::Volume& volume, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::uint64_t before = 0;
      const auto told = [this, &before](const sluice::Progress& progress) {
        bytes_ += progress.transferred - before;
        before = progress.transferred;
        bytes_.notify_all();
      };
      try {
        volume.download(sluice::Descriptor{null_}, {}, {.progress = told, .stop = stop});
      } catch (const sluice::Failure& failure) {
        if (stop.stop_requested()) return;
        std::cerr << failure.what() << "\n";
        std::exit(1);
      }
    }
  }

  int null_;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::vector<std::jthread> threads_;  // last: they end first
};

double a_call(const sluice::Host& host) {
  const auto began = Clock::now();
  static_cast<void>(host.hostname());
  return Seconds(Clock::now() - began).count();
}

double resident_mib() {
  std::ifstream file("/proc/self/statm");
  double all = 0, resident = 0;
  file >> all >> resident;
  return resident * 4096 / (1 << 20);
}

void print_percentiles(std::vector<double> seconds, double gb_per_s) {
  std::ranges::sort(seconds);
  const std::size_t count = seconds.size();
  std::cout << "{\"count\": " << count << ", \"p50_us\": " << seconds[count / 2] * 1e6
            << ", \"p99_us\": " << seconds[(count * 99 + 99) / 100 - 1] * 1e6
            << ", \"max_us\": " << seconds.back() * 1e6 << ", \"gb_per_s\": " << gb_per_s << "}" << std::endl;
}

void calls(const Ends& ends, int downloads, int seconds) {
  const Downloads load(ends, downloads);
  std::vector<double> took;
  const double before = load.bytes();
  const auto began = Clock::now();
  while (Clock::now() - began < std::chrono::seconds(seconds)) {
    took.push_back(a_call(ends.host));
    std::this_thread::sleep_until(Clock::now() + pause);
  }
  print_percentiles(std::move(took), (load.bytes() - before) / Seconds(Clock::now() - began).count() / 1e9);
}

void aborts(const Ends& ends, int downloads, int count) {
  const Downloads load(ends, downloads);
  std::vector<double> took;
  std::vector<std::byte> room(1 << 20);
  for (int number = 0; number < count; ++number) {
    sluice::Stream stream = ends.volume.download();
    for (std::size_t came = 0; came < read_before_abort;) came += stream.read(room);
    const auto began = Clock::now();
    stream.abort();
    static_cast<void>(ends.host.hostname());
    took.push_back(Seconds(Clock::now() - began).count());
  }
  print_percentiles(std::move(took), 0);
}

void until_standard_input_ends() {
  while (std::cin.get() != std::char_traits<char>::eof()) continue;
}

void streams(const Ends& ends, int count) {
  const double before = resident_mib();
  std::vector<sluice::Stream> opened;
  const auto began = Clock::now();
  for (int number = 0; number < count; ++number) {
    opened.push_back(ends.volume.download());
    std::byte first;
    static_cast<void>(opened.back().read({&first, 1}));  // a stream opens in the background: now it is open
  }
  const double seconds = Seconds(Clock::now() - began).count();
  std::vector<double> took;
  for (int number = 0; number < 21; ++number) took.push_back(a_call(ends.host));
  std::ranges::sort(took);
  std::cout << "{\"open_s\": " << seconds << ", \"call_us\": " << took[10] * 1e6
            << ", \"client_mib\": " << resident_mib() - before << "}" << std::endl;
  until_standard_input_ends();  // the daemon is looked at meanwhile
}

// Bytes into a stream that takes them slowly or no longer, until the program ends.
class Flood {
 public:
  explicit Flood(sluice::Stream stream) : stream_(std::move(stream)), thread_([this] { run(); }) {}
  ~Flood() {
    stream_.abort();
    thread_.join();
  }
  // No more is taken, or the stream has failed.
  void until_stuck() const {
    std::uint64_t before = UINT64_MAX;
    while (goes_on(before)) std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }

 private:
  bool goes_on(std::uint64_t& before) const {
    const std::uint64_t now = sent_;
    return !ended_ && std::exchange(before, now) != now;
  }

  void run() {
    const std::vector<std::byte> piece(64 << 10);
    try {
      for (;;) {
        stream_.write(piece);
        sent_ += piece.size();
      }
    } catch (const sluice::Failure&) {
      ended_ = true;
    }
  }

  sluice::Stream stream_;
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

void stuck(const Ends& ends, int seconds, int number) {
  const Flood flood(ends.host.lookup_pool("slow").lookup("slow" + std::to_string(number)).upload());
  std::string line;
  std::getline(std::cin, line);
  calls(ends, 1, seconds);
}

void console(const sluice::Host& host, const std::string& machine, int seconds) {
  const Flood flood(host.lookup(machine).console());
  flood.until_stuck();
  std::vector<double> took;
  const auto began = Clock::now();
  while (Clock::now() - began < std::chrono::seconds(seconds)) {
    took.push_back(a_call(host));
    std::this_thread::sleep_until(Clock::now() + pause);
  }
  print_percentiles(std::move(took), 0);
}

// The window is what the daemon might send at most beyond what was read: what it knows that it may, and what it has
// sent already. It is asked half way.
void excess(const Ends& ends, int mib) {
  const std::uint64_t last = static_cast<std::uint64_t>(mib) << 20;
  sluice::Stream stream = ends.volume.download();
  std::vector<std::byte> room(1 << 20);
  std::uint64_t taken = 0, window = 0;
  while (taken < last / 2) taken += stream.read(room);
  for (const sluice::StreamInfo& info : ends.host.streams()) window = info.out + info.window - taken;
  while (taken < last) taken += stream.read(room);
  stream.abort();
  static_cast<void>(a_call(ends.host));
  std::cout << "{\"taken\": " << taken << ", \"window\": " << window << "}" << std::endl;
}

void load(const Ends& ends, int downloads) {
  const Downloads running(ends, downloads);
  std::cout << "ready" << std::endl;
  until_standard_input_ends();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: bench_caller URI VOLUME calls|load|aborts|streams|stuck|excess NUMBER [NUMBER]\n"
                 "       bench_caller URI MACHINE console SECONDS\n";
    return 2;
  }
  try {
    const sluice::Host host = sluice::Host::connect(argv[1]);
    if (std::string(argv[3]) == "console") {
      console(host, argv[2], std::atoi(argv[4]));
      return 0;
    }
    const Ends ends{host, host.lookup_pool("bench").lookup(argv[2])};
    const std::string what = argv[3];
    const int first = std::atoi(argv[4]), second = argc > 5 ? std::atoi(argv[5]) : 0;
    if (what == "calls") calls(ends, first, second);
    if (what == "load") load(ends, first);
    if (what == "aborts") aborts(ends, first, second);
    if (what == "streams") streams(ends, first);
    if (what == "stuck") stuck(ends, first, second);
    if (what == "excess") excess(ends, first);
  } catch (const sluice::Failure& failure) {
    std::cerr << "bench_caller: " << failure.what() << "\n";
    return 1;
  }
}
