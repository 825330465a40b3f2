// A machine out of a source. QEMU is fed nothing that was not verified, and the guest runs only when everything was.
#include "io/failure.h"
#include "io/scope.h"
#include "io/undo.h"
#include "qemu/machine.h"
#include "qemu/state_socket.h"

namespace sluice::qemu {

io::Task<> QemuMachine::restore(model::DomainSpec spec, driver::ContainerSource& from, bool running, driver::Job& job) {
  const std::shared_ptr<QemuMachine> self = shared_from_this();
  const io::Executor executor = co_await asio::this_coro::executor;
  const UnderWay under_way{.job = &job, .alarm = std::make_shared<io::Alarm>(executor)};
  bool begun = false, source_failed = false;

  auto read = [&]() -> Task<io::Piece> {
    source_failed = true;  // unless it returns
    io::Piece piece = co_await from.read();
    source_failed = false;
    co_return piece;
  };
  auto work = [&]() -> Task<> {
    io::Fd socket;
    co_await here([&]() -> Task<> {
      require(model::Step::restore);
      begin_job(under_way);
      begun = true;
      take(model::Step::restore);
      co_await begin_restore(spec, socket);
    });
    StateSink state(executor, std::move(socket), household_->around.clock, household_->options.deadlines.silence);
    auto transfer = [&]() -> Task<> {
      if (state.takes_spliced()) from.may_splice();
      // The clean end comes only after the container's end mark was verified.
      for (io::Piece piece = co_await read(); !piece.is_end(); piece = co_await read()) {
        co_await state.write(std::move(piece));
      }
      co_await state.finish();
      co_await here([this, running] { return finish_restore(running); });
    };
    co_await io::scoped([&](io::Scope& scope) -> Task<> {
      scope.spawn(transfer());
      scope.spawn(state.watch());
      scope.spawn(under_way.alarm->wait());
      co_await scope.any();
    });
  };
  auto undo = [&](Error why) -> Task<Error> {
    from.stop(why);
    if (begun) why = co_await io::undisturbed(strand_, [&] { return stop_restore(why, source_failed); });
    co_return why;
  };
  co_await io::or_undo(work, undo);
}

io::Task<> QemuMachine::begin_restore(const model::DomainSpec& spec, io::Fd& socket) {
  co_await launch(spec, true);
  StatePair pair = make_state_pair();
  co_await guest_->hand_over("state", pair.qemus);
  guest_->forget_migration();
  co_await guest_->ask("migrate-incoming", {{"uri", "fd:state"}});
  socket = std::move(pair.ours);
}

io::Task<> QemuMachine::finish_restore(bool running) {
  const std::shared_ptr<Guest> guest = guest_;
  if (!guest) refuse("QEMU ended");
  // It has everything; putting the last of it in place takes a moment, in which it may find it useless and exit.
  co_await guest->until_migrated(household_->options.deadlines.silence);
  if (guest->migration() != qmp::MigrationStatus::completed) {
    io::fail(Code::operation_failed, "QEMU could not use the saved state", ErrorDomain::qemu);
  }
  co_await settle(running ? model::Step::restored : model::Step::restored_paused, running);
  end_job();
  log_.info("machine restored", {{"pid", guest->pid()}});
}

// A state that QEMU cannot use makes it exit, and its last words are the reason then. But it exits as well when it gets
// no more because the source failed, and then they are not.
io::Task<Error> QemuMachine::stop_restore(Error why, bool source_failed) {
  end_job();
  const Error explained = co_await abandon(model::Step::restore_failed, why);
  if (!source_failed) why = explained;
  co_return why.while_doing("cannot restore " + quoted());
}

}  // namespace sluice::qemu
