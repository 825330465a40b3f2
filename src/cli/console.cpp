#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>
#include <span>
#include <vector>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/outcome.h"
#include "cli/terminal.h"

namespace sluice::cli {
namespace {

constexpr std::byte escape{0x1d};  // Ctrl-]

// One thread and one poll: keys on one side, the stream's readiness on the other.
class ConsoleSession {
 public:
  ConsoleSession(Runtime runtime, Stream stream, bool keys_are_typed)
      : runtime_(std::move(runtime)), stream_(std::move(stream)), keys_are_typed_(keys_are_typed) {
    stream_.on_readable([] {});  // being woken is enough
    stream_.on_writable([] {});
  }

  // Until the guest ends, the user leaves, or somebody asks to stop.
  void run(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] { stream_.abort("interrupted"); });
    while (!left_) {
      if (!show_output()) break;
      send_keys();
      if (!left_) wait();
    }
    if (!stream_.failure()) stream_.finish();
  }

 private:
  bool show_output() {  // false: the guest ended
    for (;;) {
      const auto count = stream_.try_read(room_);
      if (!count) return true;
      if (*count == 0) return false;
      write_all(std::span(room_).first(*count));
    }
  }

  void send_keys() {
    if (keys_.empty()) return;
    const std::size_t count = stream_.try_write(keys_);
    keys_.erase(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  void wait() {
    const bool wants_keys = keys_.empty() && !keys_ended_;
    std::array<pollfd, 2> polled{pollfd{runtime_.event_fd(), POLLIN, 0},
                                 pollfd{wants_keys ? STDIN_FILENO : -1, POLLIN, 0}};
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) {
      throw Failure(system_failure("cannot wait for keys", errno));
    }
    runtime_.dispatch();
    if (polled[1].revents != 0) read_keys();
  }

  void read_keys() {
    std::array<std::byte, 4096> typed{};
    const ssize_t count = ::read(STDIN_FILENO, typed.data(), typed.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count < 0) throw Failure(system_failure("cannot read standard input", errno));
    if (count == 0) {  // a script said all it wanted; what the guest answers is still of interest
      keys_ended_ = true;
      return;
    }
    for (const std::byte key : std::span(typed).first(static_cast<std::size_t>(count))) {
      if (keys_are_typed_ && key == escape) {
        left_ = true;
        break;
      }
      keys_.push_back(key);
    }
    send_keys();
  }

  static void write_all(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) {
        pollfd room{STDOUT_FILENO, POLLOUT, 0};
        ::poll(&room, 1, -1);
        continue;
      }
      if (count < 0) throw Failure(system_failure("cannot write to standard output", errno));
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  Runtime runtime_;
  Stream stream_;
  std::array<std::byte, 65536> room_{};
  std::vector<std::byte> keys_;
  bool keys_are_typed_, keys_ended_ = false, left_ = false;
};

struct Ask {
  std::string machine;
  ConsoleOptions options;
};

void run(const Settings& settings, const Ask& ask) {
  Runtime runtime;
  static_cast<void>(runtime.event_fd());  // callbacks come to us
  const Host host = settings.connect(runtime);
  Domain guest = find_machine(host, ask.machine);
  Stream stream = guest.console(ask.options);
  {
    const RawTerminal terminal(STDIN_FILENO);
    if (terminal.is_terminal()) {  // said when it is true: from here on every key is the guest's, Ctrl-C too
      std::cerr << "Console of '" << guest.name() << "'. Ctrl-] leaves it.\r" << std::endl;
    }
    ConsoleSession(std::move(runtime), std::move(stream), terminal.is_terminal()).run(settings.interrupt->token());
  }
  if (::isatty(STDIN_FILENO) != 0) std::cerr << std::endl;
}

}  // namespace

void add_console(CLI::App& app, const Settings& settings) {
  CLI::App* const command = app.add_subcommand("console", "Talk to a machine's console");
  const auto ask = std::make_shared<Ask>();
  command->add_option("machine", ask->machine, "Name, uuid or id of the machine")->required()->type_name("MACHINE");
  command->add_option("--device", ask->options.device, "Which of its consoles; the first one if absent")
      ->type_name("ALIAS");
  command->add_flag("--force", ask->options.force, "Take it over from whoever has it");
  command->callback([&settings, ask] { run(settings, *ask); });
}

}  // namespace sluice::cli
