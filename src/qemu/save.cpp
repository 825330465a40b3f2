// A machine's state into a sink. The guest stands still from the first byte; it is given up only when the sink's finish
// returned, and goes on if anything fails before that.
#include <chrono>

#include "driver/container_sink.h"
#include "io/failure.h"
#include "io/scope.h"
#include "io/undo.h"
#include "qemu/machine.h"
#include "qemu/state_socket.h"

namespace sluice::qemu {
namespace {

// What QEMU understands as no limit.
constexpr std::int64_t unlimited = 0x7fff'ffff'ffff'f000;

constexpr Duration progress_interval = std::chrono::milliseconds(500);

std::uint64_t seconds_since_1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

}  // namespace

io::Task<> QemuMachine::save(io::Sink& to, driver::SaveOptions options, driver::Job& job) {
  const std::shared_ptr<QemuMachine> self = shared_from_this();
  const io::Executor executor = co_await asio::this_coro::executor;
  const UnderWay under_way{.job = &job, .alarm = std::make_shared<io::Alarm>(executor)};
  Saving saving;
  std::optional<driver::ContainerSink> container;

  auto work = [&]() -> Task<> {
    io::Fd socket;
    driver::ContainerOptions opened;
    co_await here([&] { return begin_save(options, under_way, saving, opened, socket); });
    opened.zstd = options.zstd;
    opened.level = options.level;
    opened.disk = &household_->around.disk;
    container.emplace(to, std::move(opened));
    StateSource state(executor, std::move(socket), household_->around.clock, household_->options.deadlines.silence);
    auto transfer = [&]() -> Task<> {
      co_await container->begin();
      if (container->takes_spliced()) state.may_splice();
      for (io::Piece piece = co_await state.read(); !piece.is_end(); piece = co_await state.read()) {
        co_await container->write(std::move(piece));
      }
      co_await here([this] { return state_complete(); });
      driver::Progress complete = job.progress();
      complete.processed = state.bytes();
      complete.remaining = 0;
      job.report(complete);
      co_await container->finish();
      saving.confirmed = true;
    };
    auto until_confirmed = [&]() -> Task<> {
      co_await io::scoped([&](io::Scope& scope) -> Task<> {
        scope.spawn(transfer());
        scope.spawn(state.watch());
        scope.spawn(under_way.alarm->wait());
        scope.spawn(watch_progress(job, state));
        co_await scope.any();
      });
    };
    std::exception_ptr failed;
    try {
      co_await until_confirmed();
    } catch (...) {
      failed = std::current_exception();
    }
    // Who cancels, or fails, in the moment in which the reader confirms comes too late: one of the two keeps the guest.
    if (failed && !saving.confirmed) std::rethrow_exception(failed);
  };
  auto undo = [&](Error why) -> Task<Error> {
    if (container) container->abort(why);
    co_return co_await io::undisturbed(strand_, [&] { return take_back(saving, why); });
  };
  co_await io::or_undo(work, undo);
  // The reader has it all and said so: from here on nothing brings the guest back, not even who asked for the save.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await io::undisturbed(strand_, [this, &saving] { return give_up(saving.guest); });
  co_await asio::this_coro::throw_if_cancelled(throws);
}

io::Task<> QemuMachine::begin_save(driver::SaveOptions options, UnderWay job, Saving& saving,
                                   driver::ContainerOptions& container, io::Fd& socket) {
  const std::shared_ptr<Guest> guest = guest_for(model::Step::save);
  begin_job(job);
  saving = {.begun = true, .was_running = life_.phase() == model::Phase::running, .guest = guest};
  take(model::Step::save);
  // A daemon that finds this note knows that the guest stands still only because of us.
  co_await note("save", saving.was_running);
  if (saving.was_running) co_await guest->ask("stop");

  const std::int64_t limit = options.bandwidth == 0 || options.bandwidth > static_cast<std::uint64_t>(unlimited)
                                 ? unlimited
                                 : static_cast<std::int64_t>(options.bandwidth);
  co_await guest->ask("migrate-set-parameters", {{"max-bandwidth", limit}});
  StatePair pair = make_state_pair();
  co_await guest->hand_over("state", pair.qemus);
  guest->forget_migration();
  saving.migrating = true;
  co_await guest->ask("migrate", {{"uri", "fd:state"}});

  socket = std::move(pair.ours);
  const bool running =
      options.resume == driver::Resume::as_it_was ? saving.was_running : options.resume == driver::Resume::running;
  container.opening = {.uuid = uuid_, .was_running = running, .saved_at = seconds_since_1970()};
  container.xml = print_domain(*live_, {.secure = true});
}

// QEMU closed its end; only its word says whether that was the end of the state.
io::Task<> QemuMachine::state_complete() {
  const std::shared_ptr<Guest> guest = guest_;
  if (!guest) refuse("QEMU ended");
  co_await guest->until_migrated(household_->options.deadlines.command);
  const json::value answer = co_await guest->ask("query-migrate");
  const qmp::Migration migration = io::or_throw(qmp::read_migration(answer));
  if (migration.status == qmp::MigrationStatus::completed) co_return;
  const std::string why = migration.error.empty() ? "it gave no reason" : migration.error;
  io::fail(Code::operation_failed, "QEMU did not send the whole state: " + why, ErrorDomain::qemu);
}

io::Task<> QemuMachine::give_up(std::shared_ptr<Guest> guest) {
  end_job();
  if (guest != guest_) co_return;  // it ended by itself in the meantime, which is what we want
  ending_ = model::Step::saved;
  guest->kill();  // it has nothing left to write
  co_await guest->until_over();
  co_await gone(guest);
  log_.info("machine saved");
}

// As it was before, with the reason for the failure that says most.
io::Task<Error> QemuMachine::take_back(Saving saving, Error why) {
  if (!saving.begun) co_return why;
  end_job();
  const std::shared_ptr<Guest> guest = saving.guest;
  std::optional<Error> beyond_help;
  try {
    if (guest == guest_ && !guest->over()) {
      if (saving.migrating) co_await cancel_migration(*guest);
      if (saving.was_running) co_await guest->ask("cont");
      take(model::Step::save_failed);
      log_.info("save canceled", {{"reason", why.message}});
      co_await forget_job();
    }
  } catch (...) {
    beyond_help = io::reason(std::current_exception());
  }
  if (beyond_help) {
    // A guest that can be neither saved nor continued is of no use, and what it does next nobody knows.
    log_.error("QEMU is ended: its guest cannot go on after a failed save", {{"reason", beyond_help->message}});
    guest->kill();
  }
  if (guest != guest_ || guest->over() || beyond_help) {
    co_await guest->until_over();
    co_await gone(guest);
    why = guest->explain(std::move(why));
    if (beyond_help && !guest->left_by_itself()) why.message += "; the guest could not go on: " + beyond_help->message;
  }
  co_return why.while_doing("cannot save " + quoted());
}

// A note that cannot be written is no reason to end a guest that goes on: at worst a restarted daemon continues it
// again.
io::Task<> QemuMachine::forget_job() {
  try {
    co_await note("", false);
  } catch (const io::Failure& failure) {
    log_.error("cannot note that the save is over", {{"reason", failure.error.message}});
  }
}

// Without the reader QEMU fails by itself as soon as it writes; cancelling makes that certain.
io::Task<> QemuMachine::cancel_migration(Guest& guest) {
  co_await guest.ask("migrate_cancel");
  const json::value answer = co_await guest.ask("query-migrate");
  const auto status = io::or_throw(qmp::read_migration(answer)).status;
  using enum qmp::MigrationStatus;
  if (status == completed || status == failed || status == cancelled || status == none) co_return;
  co_await guest.until_migrated(household_->options.deadlines.command);
}

io::Task<> QemuMachine::watch_progress(driver::Job& job, const StateSource& state) {
  io::Clock& clock = household_->around.clock;
  const Instant begun = clock.now();
  for (;;) {
    qmp::Migration migration;
    // Without a deadline: while the reader takes its time QEMU may write with its monitor held.
    auto ask = [this, &migration]() -> Task<> {
      if (!guest_) co_return;
      const json::value answer = co_await guest_->ask_patiently("query-migrate");
      migration = qmp::read_migration(answer).value_or(qmp::Migration{});
    };
    co_await here(ask);
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - begun);
    job.report({.total = migration.ram_total,
                .processed = state.bytes(),
                .remaining = migration.ram_remaining,
                .elapsed_ms = static_cast<std::uint64_t>(elapsed.count())});
    co_await clock.sleep_until(clock.now() + progress_interval);
  }
}

}  // namespace sluice::qemu
