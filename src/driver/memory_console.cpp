// The console of an in-memory machine.
#include <charconv>

#include "driver/memory_machine.h"
#include "io/scope.h"
#include "io/undo.h"

namespace sluice::driver {

Task<> MemoryMachine::console(io::Source& keys, io::Sink& screen, ConsoleOptions options) {
  const auto self = shared_from_this();
  const auto session = std::make_shared<Session>();
  session->alarm = std::make_shared<io::Alarm>(co_await asio::this_coro::executor);
  const io::Executor strand = house_->strand();
  std::string device;
  bool guest_ended = false;

  auto work = [&]() -> Task<> {
    co_await here([&]() -> Task<> {
      device = open_console(options, session);
      co_return;
    });
    co_await io::scoped([&](io::Scope& scope) -> Task<> {
      scope.spawn(talk(keys, screen));
      scope.spawn(session->alarm->wait());
      co_await scope.any();
    });
  };
  auto leave = [&]() -> Task<> {
    guest_ended = session->guest_ended;
    const auto open = consoles_.find(device);
    if (open != consoles_.end() && open->second == session) consoles_.erase(open);
    co_return;
  };
  auto close = [&]() -> Task<> { co_await io::undisturbed(strand, leave); };
  std::exception_ptr failed;
  try {
    co_await io::finally(work, close);
  } catch (...) {
    failed = std::current_exception();
  }
  if (guest_ended) {
    co_await screen.finish();  // that the other side ended is the good end of a console
  } else if (failed) {
    std::rethrow_exception(failed);
  }
}

Task<> MemoryMachine::talk(io::Source& keys, io::Sink& screen) {
  for (io::Piece piece = co_await keys.read(); !piece.is_end(); piece = co_await keys.read()) {
    std::string said;
    co_await here([&]() -> Task<> {
      said = typed(piece.bytes.bytes());
      co_return;
    });
    if (!said.empty()) co_await screen.write(io::Piece{.bytes = Chunk::copy_of(as_bytes(said))});
  }
}

std::string MemoryMachine::typed(Bytes keys) {
  if (!guest_) return {};
  PretendGuest::Answer answer = guest_->typed(keys, now());
  if (answer.powers_off) power_off();
  return std::move(answer.said);
}

// "serial0" and "console0" are the names libvirt's XML gives them; the first console is the first serial line.
std::string MemoryMachine::console_device(const std::string& wanted) const {
  const auto& devices = live_->devices;
  const std::size_t serials = std::max<std::size_t>(devices.serials.size(), devices.consoles.empty() ? 0 : 1);
  if (wanted.empty() && serials > 0) return "serial0";
  for (const std::string_view kind : {"serial", "console"}) {
    if (!wanted.starts_with(kind)) continue;
    const std::string_view digits = std::string_view(wanted).substr(kind.size());
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) continue;
    if (number < (kind == "serial" ? serials : devices.consoles.size())) return number == 0 ? "serial0" : wanted;
  }
  refuse(quoted() + " does not have " + (wanted.empty() ? "a console" : "device '" + wanted + "'"), Code::invalid_arg);
}

std::string MemoryMachine::open_console(ConsoleOptions options, std::shared_ptr<Session> session) {
  refuse_if_closed();
  if (!guest_ || !live_) refuse(quoted() + " is not running");
  const std::string device = console_device(options.device);
  const auto open = consoles_.find(device);
  if (open != consoles_.end()) {
    if (!options.force) refuse("the console of " + quoted() + " is in use by another session", Code::operation_failed);
    io::Alarm::raise(open->second->alarm, {.code = Code::operation_aborted,
                                           .message = "another session took over the console of " + quoted(),
                                           .domain = ErrorDomain::domain});
  }
  consoles_[device] = std::move(session);
  return device;
}

}  // namespace sluice::driver
