#include "storage/image_tool.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "io/spawn.h"
#include "storage/steps.h"

namespace sluice::storage {
namespace {

constexpr rlim_t memory_max = 1024 * 1024 * 1024;
constexpr std::size_t complaint_max = 1024;  // bytes of what it says that are told
constexpr int look_ms = 100;                 // whether it goes on

// How it ended: written on the disk's threads, read when the steps are over.
struct Outcome {
  std::string said;
  std::optional<io::Stumble> stumble;
  io::ExitStatus status;
};

std::string text_of(const std::string& path) {
  const io::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 2048> text;
  const ssize_t size = file ? ::read(file.get(), text.data(), text.size()) : 0;
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

// The process, as steps of the disk it works on: one ends when the process has done something since it began. Such a
// step hangs when the process does, with all that is held for it.
class Run final : public Steps {
 public:
  Run(std::shared_ptr<const io::Spawned> process, io::Fd says, std::shared_ptr<Outcome> outcome,
      std::shared_ptr<void> held)
      : process_(std::move(process)), says_(std::move(says)), outcome_(std::move(outcome)), held_(std::move(held)) {}
  ~Run() override {
    if (!over_) io::signal_pidfd(process_->pidfd.get(), SIGKILL);
    while (!over_) wait(-1);
  }

  bool step() override {
    const std::string before = done();
    do {
      wait(look_ms);
    } while (!over_ && done() == before);
    return !over_;
  }

 private:
  // What the kernel tells of what it has done: bytes, calls, processor time, memory.
  std::string done() const {
    const std::string process = "/proc/" + std::to_string(process_->pid);
    return text_of(process + "/io") + text_of(process + "/stat");
  }

  void wait(int most_ms) {
    std::array<pollfd, 2> asked{{{.fd = process_->pidfd.get(), .events = POLLIN, .revents = 0},
                                 {.fd = says_.get(), .events = POLLIN, .revents = 0}}};
    if (::poll(asked.data(), asked.size(), most_ms) < 0) return;  // a signal
    if (asked[1].revents != 0) listen();
    if (asked[0].revents == 0) return;
    listen();
    if (io::Stumble stumble; ::read(process_->report.get(), &stumble, sizeof stumble) == sizeof stumble) {
      outcome_->stumble = stumble;
    }
    outcome_->status = io::reap(process_->pidfd.get()).value_or(io::ExitStatus{.known = false});
    over_ = true;
    held_.reset();
  }

  // Too much is read and dropped, or it would wait for us.
  void listen() {
    std::array<char, 65536> room;  // what the pipe holds
    const ssize_t size = says_ ? ::read(says_.get(), room.data(), room.size()) : 0;
    if (size < 0) return;  // nothing now
    if (size == 0) return says_.reset();
    std::string& said = outcome_->said;
    said.append(room.data(), std::min(static_cast<std::size_t>(size), complaint_max - said.size()));
  }

  const std::shared_ptr<const io::Spawned> process_;
  io::Fd says_;
  const std::shared_ptr<Outcome> outcome_;
  std::shared_ptr<void> held_;
  bool over_ = false;
};

// Whatever ends the waiting ends the process, also while a step hangs.
struct Killing {
  const std::shared_ptr<const io::Spawned> process;
  ~Killing() { io::signal_pidfd(process->pidfd.get(), SIGKILL); }
};

std::string complaint(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  return text;
}

}  // namespace

std::string word_of(model::VolumeFormat format) { return std::string(model::word(format)); }

io::Task<> run_image_tool(const PoolDisk& disk, std::shared_ptr<const Place> place, ImageWork work) {
  const std::string& program = disk.house->around.qemu_img;
  const auto seconds = static_cast<rlim_t>(work.cpu_time.count());
  io::FdPair pipe = io::make_pipe();
  if (::fcntl(pipe.first.get(), F_SETFL, O_NONBLOCK) != 0) io::fail_with_errno("cannot listen to qemu-img");
  io::ChildOptions options{.argv = {program},
                           .env = std::vector<std::string>{"LC_ALL=C", "PATH=/usr/bin:/bin"},
                           .err = pipe.second.get(),
                           .directory = place->for_children(),
                           .die_with_parent = true};
  std::ranges::move(work.arguments, std::back_inserter(options.argv));
  options.limits = {{RLIMIT_AS, {memory_max, memory_max}}, {RLIMIT_CPU, {seconds, seconds}}, {RLIMIT_CORE, {0, 0}}};
  const auto process = std::make_shared<const io::Spawned>(io::spawn(options));
  const Killing killing{process};
  pipe.second.reset();
  const auto outcome = std::make_shared<Outcome>();
  std::shared_ptr<Steps> run = std::make_shared<Run>(process, std::move(pipe.first), outcome, std::move(work.held));
  const std::string who = work.what + ": qemu-img, at work on '" + work.path + "',";
  co_await take_steps(disk, std::move(run), nullptr, who);
  if (outcome->stumble) throw io::Failure(io::explain(*outcome->stumble, program));
  if (outcome->status.success()) co_return;
  const std::string said = complaint(outcome->said);
  const std::string why = said.empty() ? "qemu-img " + outcome->status.text() : said;
  io::fail(Code::operation_failed, work.what + ": " + why, ErrorDomain::storage);
}

}  // namespace sluice::storage
