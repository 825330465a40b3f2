// A terminal on a guest's serial line, virtio console or channel.
#include <fcntl.h>
#include <termios.h>

#include <charconv>

#include "io/descriptor.h"
#include "io/failure.h"
#include "io/scope.h"
#include "io/undo.h"
#include "qemu/local_socket.h"
#include "qemu/machine.h"

namespace sluice::qemu {
namespace {

// pump would abort the screen of a console whose keys ended; here either end is a good one.
io::Task<> carry(io::Source& from, io::Sink& to) {
  for (io::Piece piece = co_await from.read(); !piece.is_end(); piece = co_await from.read()) {
    co_await to.write(std::move(piece));
  }
}

io::Task<> carry_until_guest_ends(io::Source& from, io::Sink& screen) {
  co_await carry(from, screen);
  co_await screen.finish();
}

// Keys go through as they are: the guest's own line discipline is the one that counts.
io::Fd open_terminal(const std::string& path) {
  io::Fd terminal(::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!terminal) io::fail_with_errno("cannot open terminal '" + path + "'");
  termios settings{};
  if (::tcgetattr(terminal.get(), &settings) != 0) io::fail_with_errno("'" + path + "' is not a terminal");
  ::cfmakeraw(&settings);
  if (::tcsetattr(terminal.get(), TCSANOW, &settings) != 0)
    io::fail_with_errno("cannot set up terminal '" + path + "'");
  return terminal;
}

std::optional<std::size_t> numbered(std::string_view name, std::string_view kind) {
  if (!name.starts_with(kind)) return std::nullopt;
  name.remove_prefix(kind.size());
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace

// One device that can be a console: where it is, and under which name it is taken.
struct QemuMachine::Line {
  std::string label;
  std::string terminal;  // path of a pty, or
  std::string socket;    // of a unix socket
};

struct QemuMachine::Session {
  std::string label;
  io::Fd device;
};

io::Task<> QemuMachine::console(io::Source& keys, io::Sink& screen, driver::ConsoleOptions options) {
  const std::shared_ptr<QemuMachine> self = shared_from_this();
  const io::Executor executor = co_await asio::this_coro::executor;
  const auto alarm = std::make_shared<io::Alarm>(executor);
  Session session;
  auto work = [&]() -> Task<> {
    co_await here([&] { return open_console(options, alarm, session); });
    io::FdSource from_guest(executor, session.device.duplicate(), {.name = "console of " + quoted()});
    io::FdSink to_guest(executor, std::move(session.device), {.name = "console of " + quoted()});
    co_await io::scoped([&](io::Scope& scope) -> Task<> {
      scope.spawn(carry(keys, to_guest));
      scope.spawn(carry_until_guest_ends(from_guest, screen));
      scope.spawn(alarm->wait());
      co_await scope.any();
    });
  };
  auto close = [&] {
    return io::undisturbed(strand_, [&]() -> Task<> {
      close_console(session.label, alarm);
      co_return;
    });
  };
  co_await io::finally(work, close);
}

QemuMachine::Line QemuMachine::line(const std::string& wanted) const {
  const std::vector<model::Serial> serials = serial_lines(*live_);
  const auto& consoles = live_->devices.consoles;
  const auto& channels = live_->devices.channels;
  const auto made = [](std::string label, const model::CharacterSource& source, const std::string& pty) {
    Line line{.label = std::move(label)};
    if (source.type == model::CharacterType::pty) line.terminal = pty;
    if (source.type == model::CharacterType::unix_socket && source.listens) line.socket = source.path;
    return line;
  };
  const auto serial = [&](std::size_t i) { return made(serial_label(i), serials[i].source, facts_.serial_ptys.at(i)); };
  const auto virtio = [&](std::size_t i) {
    return made(console_label(i), consoles[i].source, facts_.console_ptys.at(i));
  };

  if (wanted.empty()) {
    if (!consoles.empty() && !is_serial_alias(consoles.front())) return virtio(0);
    if (!serials.empty()) return serial(0);
  }
  if (const auto i = numbered(wanted, "serial"); i && *i < serials.size()) return serial(*i);
  if (const auto i = numbered(wanted, "console"); i && *i < consoles.size()) {
    return is_serial_alias(consoles[*i]) ? serial(0) : virtio(*i);
  }
  for (std::size_t i = 0; i < channels.size(); ++i) {
    if (channels[i].name == wanted || numbered(wanted, "channel") == i) {
      return made(channel_label(i), channels[i].source, "");
    }
  }
  const std::string what = wanted.empty() ? "a console" : "device '" + wanted + "'";
  io::fail(Code::invalid_arg, quoted() + " does not have " + what, ErrorDomain::qemu);
}

io::Task<> QemuMachine::open_console(driver::ConsoleOptions options, std::shared_ptr<io::Alarm> alarm,
                                     Session& session) {
  refuse_if_closed();
  if (!guest_) throw io::Failure(life_.why_not(name_));
  const Line found = line(options.device);
  if (found.terminal.empty() && found.socket.empty()) {
    io::fail(Code::operation_unsupported,
             "device '" + found.label + "' of " + quoted() + " is not a pty or unix socket", ErrorDomain::qemu);
  }
  for (auto open = consoles_.find(found.label); open != consoles_.end(); open = consoles_.find(found.label)) {
    if (!options.force) {
      io::fail(Code::operation_failed, "the console of " + quoted() + " is in use by another session",
               ErrorDomain::qemu);
    }
    io::Alarm::raise(open->second, {.code = Code::operation_aborted,
                                    .message = "another session took over the console of " + quoted(),
                                    .domain = ErrorDomain::qemu});
    const std::shared_ptr<io::Alarm> before = open->second;
    co_await changed_.until([this, &found, &before] {
      const auto now = consoles_.find(found.label);
      return now == consoles_.end() || now->second != before;
    });
  }
  if (!guest_) throw io::Failure(life_.why_not(name_));
  consoles_[found.label] = alarm;
  session.label = found.label;
  session.device = found.terminal.empty() ? connect_at(found.socket) : open_terminal(found.terminal);
}

void QemuMachine::close_console(const std::string& label, const std::shared_ptr<io::Alarm>& alarm) {
  const auto open = consoles_.find(label);
  if (open == consoles_.end() || open->second != alarm) return;
  consoles_.erase(open);
  changed_.notify();
}

}  // namespace sluice::qemu
