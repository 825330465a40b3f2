// Save and restore of an in-memory machine.
#include <algorithm>
#include <chrono>

#include "driver/memory_machine.h"
#include "driver/stumbling.h"
#include "io/scope.h"
#include "io/undo.h"
#include "model/domain_xml.h"

namespace sluice::driver {

using model::Step;

namespace {

constexpr std::size_t step = 256 * 1024;

std::uint64_t seconds_since_1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

// Reports how far a job is after every section.
std::function<void(std::uint64_t)> reporter(Job& job, io::Clock& clock, std::uint64_t total) {
  return [&job, &clock, total, begun = clock.now()](std::uint64_t bytes) {
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - begun);
    job.report({.total = total,
                .processed = bytes,
                .remaining = total > bytes ? total - bytes : 0,
                .elapsed_ms = static_cast<std::uint64_t>(elapsed.count())});
  };
}

// Work that a cancellation, or the alarm of an aborted job, ends.
template <class Work>
Task<> until_alarm(std::shared_ptr<io::Alarm> alarm, Work work) {
  co_await io::scoped([&](io::Scope& scope) -> Task<> {
    scope.spawn(work());
    scope.spawn(alarm->wait());
    co_await scope.any();
  });
}

}  // namespace

void MemoryMachine::begin_job(model::JobKind kind, Job& job, std::shared_ptr<io::Alarm> alarm) {
  refuse_if_closed();
  io::or_throw(jobs_.begin(name_, kind));
  job_ = &job;
  job_alarm_ = std::move(alarm);
}

void MemoryMachine::end_job() {
  jobs_.end();
  job_ = nullptr;
  job_alarm_.reset();
}

Task<> MemoryMachine::save(io::Sink& to, SaveOptions options, Job& job) {
  const auto self = shared_from_this();
  const auto alarm = std::make_shared<io::Alarm>(co_await asio::this_coro::executor);
  const io::Executor strand = house_->strand();
  Saving saving;
  std::optional<ContainerSink> container;

  auto transfer = [&]() -> Task<> {
    co_await container->begin();
    co_await write_state(saving, *container, options.bandwidth);
    co_await container->finish();
    saving.confirmed = true;
  };
  auto work = [&]() -> Task<> {
    co_await here([&]() -> Task<> {
      begin_save(options, job, alarm, saving);
      co_return;
    });
    const bool running = options.resume == Resume::as_it_was ? saving.was_running : options.resume == Resume::running;
    container.emplace(
        to, ContainerOptions{.opening = {.uuid = uuid_, .was_running = running, .saved_at = seconds_since_1970()},
                             .xml = saving.xml,
                             .zstd = options.zstd,
                             .level = options.level,
                             .progress = reporter(job, house_->clock(), saving.guest->state_size())});
    std::exception_ptr failed;
    try {
      co_await until_alarm(alarm, transfer);
    } catch (...) {
      failed = std::current_exception();
    }
    // Who cancels, or fails, in the moment in which the reader confirms comes too late: one of the two keeps the guest.
    if (failed && !saving.confirmed) std::rethrow_exception(failed);
  };
  auto undo = [&](Error why) -> Task<Error> {
    if (container) container->abort(why);
    co_await io::undisturbed(strand, [&]() -> Task<> {
      take_back(saving);
      co_return;
    });
    co_return why.while_doing("cannot save " + quoted());
  };
  co_await io::or_undo(work, undo);
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await io::undisturbed(strand, [&]() -> Task<> {
    give_up();
    co_return;
  });
  co_await asio::this_coro::throw_if_cancelled(throws);
}

void MemoryMachine::begin_save(SaveOptions, Job& job, std::shared_ptr<io::Alarm> alarm, Saving& saving) {
  refuse_if_closed();
  refuse_if_busy();
  if (!life_.allows(Step::save)) throw io::Failure(life_.why_not(name_));
  begin_job(model::JobKind::save, job, std::move(alarm));
  saving.begun = true;
  saving.was_running = guest_->runs();
  guest_->stand_still(now());
  take(Step::save);
  saving.guest = guest_;
  saving.xml = print_domain(*live_, {.secure = true});
}

Task<> MemoryMachine::write_state(const Saving& saving, ContainerSink& to, std::uint64_t bandwidth) {
  const Faults faults = house_->faults();
  const Instant begun = now();
  const std::uint64_t size = saving.guest->state_size();
  const auto reached = [](const std::optional<std::uint64_t>& fault, std::uint64_t at) {
    return fault && *fault <= at;
  };
  for (std::uint64_t at = 0;;) {
    if (reached(faults.save_fails_at, at)) refuse(faults.reason, Code::operation_failed);
    if (reached(faults.save_hangs_at, at)) co_await hang();
    if (reached(faults.dies_while_saving_at, at)) {
      co_await here([&]() -> Task<> {
        die(faults.reason);
        co_return;
      });
      co_await hang();  // the alarm was raised
    }
    if (at == size) co_return;
    std::uint64_t next = std::min(size, at + step);
    for (const auto& fault : {faults.save_fails_at, faults.save_hangs_at, faults.dies_while_saving_at}) {
      if (fault && *fault > at) next = std::min(next, *fault);
    }
    Chunk chunk = saving.guest->state(at, static_cast<std::size_t>(next - at));
    at += chunk.size();
    co_await to.write(io::Piece{.bytes = std::move(chunk)});
    if (bandwidth != 0) {
      const auto due = std::chrono::duration<double>(static_cast<double>(at) / static_cast<double>(bandwidth));
      co_await house_->clock().sleep_until(begun + std::chrono::duration_cast<Duration>(due));
    }
  }
}

void MemoryMachine::give_up() {
  end_job();
  if (life_.allows(Step::saved)) {  // it may have been destroyed in the meantime
    take(Step::saved);
    vanish(quoted() + " was saved");
  } else {
    forget_if_nothing();
  }
}

// As it was before.
void MemoryMachine::take_back(const Saving& saving) {
  if (!saving.begun) return;
  end_job();
  if (life_.allows(Step::save_failed)) {
    if (saving.was_running) guest_->run(now());
    take(Step::save_failed);
  } else {
    forget_if_nothing();
  }
}

void MemoryMachine::begin_restore(const model::DomainSpec& spec, Job& job, std::shared_ptr<io::Alarm> alarm) {
  refuse_if_closed();
  refuse_if_busy();
  if (!life_.allows(Step::restore)) throw io::Failure(life_.why_not(name_));
  begin_job(model::JobKind::restore, job, std::move(alarm));
  take(Step::restore);
  live_ = spec;
  id_ = house_->next_id();
}

Task<PretendGuest> MemoryMachine::read_state(ContainerSource& from, std::shared_ptr<io::Alarm> alarm) {
  const Faults faults = house_->faults();
  PretendState state(uuid_);
  auto transfer = [&]() -> Task<> {
    for (io::Piece piece = co_await from.read(); !piece.is_end(); piece = co_await from.read()) {
      io::or_throw(state.take(piece.bytes.bytes()));
      if (faults.restore_fails_at && *faults.restore_fails_at <= state.taken()) {
        refuse(faults.reason, Code::operation_failed);
      }
      if (faults.restore_hangs_at && *faults.restore_hangs_at <= state.taken()) co_await hang();
    }
  };
  co_await until_alarm(std::move(alarm), transfer);
  co_return io::or_throw(state.finish());
}

void MemoryMachine::finish_restore(PretendGuest guest, bool running) {
  refuse_if_closed();
  if (!life_.allows(Step::restored)) refuse(quoted() + " was destroyed", Code::operation_aborted);
  guest_ = std::move(guest);
  if (running) guest_->run(now());
  end_job();
  take(running ? Step::restored : Step::restored_paused);
}

void MemoryMachine::stop_restore() {
  end_job();
  if (life_.allows(Step::restore_failed)) {
    take(Step::restore_failed);
    vanish("it was not restored");
  } else {
    forget_if_nothing();
  }
}

}  // namespace sluice::driver
