// A terminal on a guest.
#include <boost/asio/post.hpp>

#include "contract.h"
#include "io/pipe.h"

namespace sluice::contract {
namespace {

// One client of a console: keys nobody presses until told, a screen that is kept.
struct Terminal {
  io::Pipe keys{1'000'000};
  KeptSink screen;
  std::optional<Error> failed;
  bool over = false;

  Task<> watch(Machine& machine, driver::ConsoleOptions options = {}) {
    std::exception_ptr why;
    try {
      co_await machine.console(keys, screen, options);
    } catch (...) {
      why = std::current_exception();
    }
    if (why) failed = io::reason(why);
    over = true;
  }
};

class Console : public Contract {
 protected:
  // Until the console of `machine` is taken: a second one is refused.
  Task<> wait_until_taken(Machine& machine) {
    for (;;) {
      Terminal probe;
      probe.keys.end();
      co_await probe.watch(machine);
      if (probe.failed) {
        EXPECT_EQ(probe.failed->code, Code::operation_failed);
        EXPECT_TRUE(says(*probe.failed, {"the console of machine 'one' is in use by another session"}));
        co_return;
      }
      co_await asio::post(asio::use_awaitable);
    }
  }
  // A terminal that is on the console while `body` runs.
  template <class Body>
  void with_terminal(Machine& machine, Body body) {
    run([&]() -> Task<> {
      Terminal terminal;
      auto all = [&](Scope& scope) -> Task<> {
        scope.spawn(terminal.watch(machine));
        co_await wait_until_taken(machine);
        co_await body(terminal);
        co_await scope.join();
      };
      co_await io::scoped(all);
    });
  }
};

TEST_F(Console, ItEndsWhenTheKeysEnd) {
  const MachinePtr machine = running("one");
  with_terminal(*machine, [](Terminal& terminal) -> Task<> {
    terminal.keys.end();
    co_return;
  });
  EXPECT_EQ(state(*machine), RunState::running);
}

TEST_F(Console, ItEndsWellWhenTheGuestEnds) {
  const MachinePtr machine = running("one");
  run([&]() -> Task<> {
    Terminal terminal;
    auto all = [&](Scope& scope) -> Task<> {
      scope.spawn(terminal.watch(*machine));
      co_await wait_until_taken(*machine);
      co_await machine->destroy({});
      co_await scope.join();
    };
    co_await io::scoped(all);
    EXPECT_TRUE(terminal.over);
    EXPECT_TRUE(terminal.screen.finished) << (terminal.failed ? terminal.failed->message : "");
  });
}

TEST_F(Console, WithForceAnotherSessionTakesItOver) {
  const MachinePtr machine = running("one");
  run([&]() -> Task<> {
    Terminal first, second;
    auto all = [&](Scope& scope) -> Task<> {
      scope.spawn(first.watch(*machine));
      co_await wait_until_taken(*machine);
      scope.spawn(second.watch(*machine, {.device = "", .force = true}));
      while (!first.over) co_await asio::post(asio::use_awaitable);
      EXPECT_TRUE(first.failed && says(*first.failed, {"another session took over the console of machine 'one'"}));
      EXPECT_FALSE(second.over);
      second.keys.end();
      co_await scope.join();
      EXPECT_FALSE(second.failed);
    };
    co_await io::scoped(all);
  });
}

TEST_F(Console, OneThatWasCancelledIsFreeAgain) {
  const MachinePtr machine = running("one");
  for (int i = 0; i < 3; ++i) {
    run([&]() -> Task<> {
      Terminal terminal;
      auto all = [&](Scope& scope) -> Task<> {
        scope.spawn(terminal.watch(*machine));
        co_await wait_until_taken(*machine);
        co_await scope.close();
      };
      co_await io::scoped(all);
      EXPECT_EQ(terminal.failed.value_or(Error{}).code, Code::operation_aborted);
    });
  }
  with_terminal(*machine, [](Terminal& terminal) -> Task<> {
    terminal.keys.end();
    co_return;
  });
}

TEST_F(Console, AMachineThatDoesNotRunHasNone) {
  const MachinePtr machine = defined("one");
  run([&]() -> Task<> {
    Terminal terminal;
    co_await terminal.watch(*machine);
    EXPECT_EQ(terminal.failed.value_or(Error{}).code, Code::operation_invalid);
    EXPECT_TRUE(says(*terminal.failed, {"machine 'one' is not running"}));
  });
}

TEST_F(Console, ADeviceItDoesNotHaveIsRefusedByName) {
  const MachinePtr machine = running("one");
  run([&]() -> Task<> {
    Terminal terminal;
    co_await terminal.watch(*machine, {.device = "serial7", .force = false});
    EXPECT_EQ(terminal.failed.value_or(Error{}).code, Code::invalid_arg);
    EXPECT_TRUE(says(*terminal.failed, {"machine 'one' does not have device 'serial7'"}));
  });
}

TEST_F(Console, AHostThatClosesEndsIt) {
  const MachinePtr machine = running("one");
  with_terminal(*machine, [&](Terminal&) -> Task<> {
    co_await machine->destroy({});
    co_await host().close();
  });
}

}  // namespace
}  // namespace sluice::contract
