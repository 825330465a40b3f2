// Terminals of a guest.
#include "hosting.h"
#include "io/failure.h"
#include "io/pipe.h"
#include "io/scope.h"

namespace sluice::test {
namespace {

const std::string talking = "<serial type='pty'/>";

class Console : public HostTest {
 protected:
  std::shared_ptr<driver::Machine> start(const std::string& devices) {
    return hosting.run([&]() -> Task<std::shared_ptr<driver::Machine>> {
      auto machine = co_await hosting.host().define(tiny_guest("one", devices));
      co_await machine->start({});
      co_return machine;
    });
  }
};

// Keys that never come, or one that does.
struct Keys final : io::Source {
  Task<io::Piece> read() override {
    reading = true;
    if (wake != nullptr) wake->notify();
    co_await forever();
    co_return io::Piece{};
  }
  void stop(Error) noexcept override {}
  bool reading = false;
  io::Signal* wake = nullptr;  // told when the session is open
};

struct NoKeys final : io::Source {
  Task<io::Piece> read() override { co_return io::Piece{}; }
  void stop(Error) noexcept override {}
};

TEST_F(Console, EndsWithTheGuestAndWithTheKeys) {
  const auto machine = start(talking);
  Kept screen, second;
  hosting.run([&]() -> Task<> {
    NoKeys none;
    co_await machine->console(none, second, {});
    EXPECT_FALSE(second.aborted);

    io::Signal opened;
    Keys keys;
    keys.wake = &opened;
    co_await io::scoped([&](io::Scope& scope) -> Task<> {
      scope.spawn(machine->console(keys, screen, {}));
      co_await opened.until([&] { return keys.reading; });
      co_await machine->destroy({});
      co_await scope.join();
    });
  });
  EXPECT_TRUE(screen.finished);
  EXPECT_FALSE(screen.aborted);
}

TEST_F(Console, BelongsToOneSessionUntilItIsTakenByForce) {
  const auto machine = start(talking);
  Kept first_screen, second_screen, third_screen;
  hosting.run([&]() -> Task<> {
    io::Signal opened;
    Keys first, second, third;
    first.wake = third.wake = &opened;
    std::optional<Error> first_ended;
    const auto first_session = [&]() -> Task<> {
      try {
        co_await machine->console(first, first_screen, {});
      } catch (const io::Failure& failure) {
        first_ended = failure.error;
      }
    };
    co_await io::scoped([&](io::Scope& scope) -> Task<> {
      scope.spawn(first_session());
      co_await opened.until([&] { return first.reading; });
      std::optional<Error> refused;
      try {
        co_await machine->console(second, second_screen, {});
      } catch (const io::Failure& failure) {
        refused = failure.error;
      }
      EXPECT_TRUE(refused);
      if (refused) {
        EXPECT_EQ(refused->code, Code::operation_failed);
        EXPECT_EQ(refused->message, "the console of machine 'one' is in use by another session");
      }
      EXPECT_FALSE(second.reading);
      scope.spawn(machine->console(third, third_screen, {.force = true}));
      co_await opened.until([&] { return third.reading; });
      EXPECT_TRUE(first_ended);
      if (first_ended) {
        EXPECT_EQ(first_ended->code, Code::operation_aborted);
      }
    });
  });
}

TEST_F(Console, UnixSocketsAndChannelsAreConsolesToo) {
  const auto machine = start("<serial type='unix'><source mode='bind' path='" + hosting.state() +
                             "/serial.sock'/></serial><channel type='unix'><target type='virtio' name='org.example.a'/>"
                             "</channel>");
  for (const std::string device : {"", "serial0", "channel0", "org.example.a"}) {
    hosting.run([&]() -> Task<> {
      io::Signal opened;
      Keys keys;
      keys.wake = &opened;
      Kept screen;
      co_await io::scoped([&](io::Scope& scope) -> Task<> {
        scope.spawn(machine->console(keys, screen, {.device = device}));
        co_await opened.until([&] { return keys.reading; });
      });
    });
  }
}

TEST_F(Console, MachinesAndDevicesThatHaveNoneSaySo) {
  const auto machine = start("<serial type='null'/>");
  Kept screen;
  const auto open = [&](const std::string& device) {
    return error_of([&] {
      hosting.run([&]() -> Task<> {
        NoKeys keys;
        co_await machine->console(keys, screen, {.device = device});
      });
    });
  };
  EXPECT_EQ(open("").code, Code::operation_unsupported);
  EXPECT_EQ(open("serial7").message, "machine 'one' does not have device 'serial7'");
  hosting.run([&] { return machine->destroy({}); });
  EXPECT_EQ(open("").code, Code::operation_invalid);
}

}  // namespace
}  // namespace sluice::test
