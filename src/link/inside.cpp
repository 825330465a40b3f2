#include "link/inside.h"

#include <variant>

#include "base/assert.h"
#include "base/limits.h"
#include "io/spliced.h"
#include "link/answer.h"

namespace sluice::link {
namespace {

// After a call data frames stay short for a while: the caller may call again.
constexpr Duration calls_linger = std::chrono::milliseconds(100);
constexpr std::size_t parts_max = 64;  // of one write
constexpr std::uint32_t large_body = 16 * 1024;

Error peer_closed() { return {.code = Code::system_error, .message = "the peer closed the connection"}; }

template <class... F>
struct Cases : F... {
  using F::operator()...;
};

}  // namespace

Link::Inside::Inside(io::Executor executor, std::unique_ptr<io::Transport> carrier, session::Session session,
                     io::Clock& clock)
    : core(std::move(executor), std::move(session), clock), transport(std::move(carrier)) {
  if (transport->splicing() != nullptr) {
    core.can_splice();
    // Half of what a stream's pipes hold: they are filled anew while others are still being emptied.
    core.session().limit_near_windows(limits::spliced_max * io::Spliced::capacity / 2);
  }
  core.session().tick(core.now());
}

Task<> Link::Inside::until_over() {
  std::exception_ptr cancelled;
  try {
    co_await core.ended.until([this] { return core.over(); });
  } catch (...) {
    cancelled = std::current_exception();
  }
  handlers = nullptr;
  if (!cancelled) co_return;
  end(io::reason(cancelled));
  std::rethrow_exception(cancelled);
}

void Link::Inside::end(Error why) {
  core.end(std::move(why));
  transport->close();
  hello_answered.notify();
}

void Link::Inside::refuse_over() const {
  if (core.over()) throw io::Failure(core.why());
}

// --- reading
// ----------------------------------------------------------------------------------------------------------

Task<> Link::Inside::read() {
  std::exception_ptr failed;
  try {
    co_await read_on();
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) end(io::reason(failed).while_doing("the connection is lost"));
}

Task<> Link::Inside::read_on() {
  while (!core.over()) {
    co_await core.readable.until([this] { return core.over() || !core.session().braked(); });
    if (core.over()) co_return;
    if (splices_into() != nullptr) {
      co_await read_spliced();
    } else {
      co_await read_some();
    }
    if (core.over()) co_return;
    core.touched();
  }
}

Task<> Link::Inside::read_some() {
  // Once no stream is left, calls and events come together again.
  heads_alone_ = heads_alone_ && core.has_streams();
  const std::size_t most_control = heads_alone_ ? core.session().wanted() : SIZE_MAX;
  const auto into = intake_.room(core.session().body(), most_control);
  const std::size_t count = co_await transport->read_some(into);
  if (core.over()) co_return;
  if (count == 0) co_return end(peer_closed());
  core.session().tick(core.now());
  handle_events();  // the session may have broken meanwhile: over an answer that nobody reads, or a peer gone silent
  if (!core.over()) take(count);
}

// The inbox of the stream whose body is under way, if its reader takes spliced bytes and this transport can give them.
io::Pipe* Link::Inside::splices_into() const {
  if (!core.splices() || intake_.in_memory()) return nullptr;
  const auto body = core.session().body();
  if (!body || body->drop) return nullptr;
  Conversation* const whose = core.find(body->id);
  return whose == nullptr ? nullptr : whose->splices_into();
}

Task<> Link::Inside::read_spliced() {
  core.session().tick(core.now());
  handle_events();
  io::Pipe* const inbox = core.over() ? nullptr : splices_into();
  if (inbox == nullptr) co_return;
  const std::shared_ptr<io::Spliced> into = inbox->splice_room();
  if (into == nullptr) co_return co_await read_some();
  const std::uint32_t left = core.session().body()->left;
  const io::Spliced::Moved moved = transport->splicing()->splice_in(*into, left);
  switch (moved.stop) {
    case io::Spliced::Stop::none:
      core.session().received(static_cast<std::uint32_t>(moved.count));
      inbox->spliced(moved.count, moved.count == left);
      heads_alone_ = true;
      handle_events();
      // Others take their turns while the next head is read, or the rest of the body is waited for: the socket gave all
      // it had, so it need not be asked again before it says that there is more.
      if (moved.count < left && !core.over()) co_await transport->splicing()->readable();
      co_return;
    case io::Spliced::Stop::full: co_return inbox->splice_full();
    case io::Spliced::Stop::would_wait: co_return co_await transport->splicing()->readable();
    case io::Spliced::Stop::ended:
    case io::Spliced::Stop::unsupported: break;
  }
  end(peer_closed());
}

void Link::Inside::take(std::size_t count) {
  const Intake::Split split = intake_.arrived(count);
  if (split.body > 0) take_body(split.body);
  if (!split.control.empty()) take_control(split.control);
  handle_events();
}

void Link::Inside::take_body(std::uint32_t count) {
  const auto body = core.session().body();
  ensure(body && body->left >= count, "a body is read no further than its end");
  const bool begins = intake_.at_begin();
  auto chunk = intake_.came(*body, count);
  Conversation* const whose = body->drop ? nullptr : core.find(body->id);
  if (begins) heads_alone_ = body->left >= large_body || (whose != nullptr && whose->splices_into() != nullptr);
  core.session().received(count);
  if (chunk && whose != nullptr) whose->data(io::Piece{.bytes = std::move(*chunk)});
}

void Link::Inside::take_control(Bytes bytes) {
  while (!bytes.empty() && !core.over()) {
    const auto body = core.session().body();
    std::size_t taken = 0;
    if (body) {
      const std::uint32_t copied = intake_.copy(*body, bytes);
      if (Conversation* const whose = core.find(body->id); whose != nullptr) whose->copied(copied);
      take_body(copied);
      taken = copied;
    } else {
      taken = core.session().receive(bytes);
    }
    handle_events();                                   // a stream exists before its data is given to it
    if (taken == 0 && !core.session().body()) return;  // the session is broken
    bytes = bytes.subspan(taken);
  }
}

void Link::Inside::handle_events() {
  while (!core.over()) {
    auto event = core.session().next();
    if (!event) return;
    handle(std::move(*event));
  }
}

void Link::Inside::handle(session::Event event) {
  const Cases cases{
      [this](session::CallArrived& e) { answer(std::move(e)); },
      [this](session::ReplyArrived& e) {
        if (auto* c = core.find(e.id)) c->replied(std::move(e.outcome));
      },
      [this](session::Notified& e) {
        if (told) told(e);
      },
      [this](session::StreamHole& e) {
        if (auto* c = core.find(e.id)) c->data(io::Piece{.bytes = {}, .hole = e.length});
      },
      [this](session::StreamEnded& e) {
        if (auto* c = core.find(e.id)) c->ended();
      },
      [this](session::StreamFinished& e) {
        if (auto* c = core.find(e.id)) c->finished();
      },
      [this](session::StreamConfirmed& e) {
        if (auto* c = core.find(e.id)) c->confirmed(std::move(e.result), e.aborted);
      },
      [this](session::StreamFailed& e) {
        if (auto* c = core.find(e.id)) c->failed(e.why);
      },
      [this](session::WindowOpened& e) {  // the writer looks again after every read
        if (auto* c = core.find(e.id)) c->window_opened();
      },
      [this](session::HelloAnswered&) {
        hello_known = true;
        hello_answered.notify();
      },
      [this](session::Broken& e) { end(std::move(e.why)); },
  };
  std::visit(cases, event);
}

void Link::Inside::answer(session::CallArrived call) {
  ensure(responder != nullptr, "a daemon's link has a responder");
  if (handlers == nullptr || core.leaving()) return;
  Answer::serve(std::make_unique<Answer>(core, std::move(call)), *responder, *handlers);
}

// --- writing
// ----------------------------------------------------------------------------------------------------------

Task<> Link::Inside::write() {
  std::exception_ptr failed;
  try {
    co_await write_on();
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) end(io::reason(failed).while_doing("the connection is lost"));
}

Task<> Link::Inside::write_on() {
  Batch batch;
  for (;;) {
    co_await core.writable.until([this] { return core.over() || core.leaving() || core.session().wants_to_send(); });
    if (core.over()) co_return;
    fill(batch);
    if (core.session().limits()) core.touched();  // what left makes its stream wait: the third loop learns how long
    if (batch.empty() && core.leaving()) {
      co_await transport->shutdown();
      co_return end(Error{.code = Code::ok, .message = "the client closed the connection in order"});
    }
    while (!batch.empty()) {
      if (io::Spliced* const front = batch.spliced()) {
        batch.consume(co_await transport->splicing()->splice_out(*front, batch.front()));
      } else {
        batch.consume(co_await transport->write_some(batch.left()));
      }
      if (core.over()) co_return;
    }
  }
}

// Control frames and about one data frame.
void Link::Inside::fill(Batch& batch) {
  const std::uint32_t most = body_max();
  if (core.session().limits()) core.session().at(core.now());
  while (batch.bytes() < most && batch.parts() < parts_max) {
    auto out = core.session().compose(most);
    if (!out) return;
    batch.add(std::move(out->head));
    if (out->body == 0) continue;
    Conversation* const whose = core.find(*out->stream);
    ensure(whose != nullptr && whose->outbox() != nullptr, "who announced bytes has them");
    whose->outbox()->take(out->body, batch);
    whose->sent(out->body);
  }
}

std::uint32_t Link::Inside::body_max() {
  const Instant now = core.now();
  if (core.session().calls_pending()) called_ = now;
  if (called_ && now - *called_ < calls_linger) return limits::body_while_calls_pend;
  return core.session().extended() ? limits::body_max : limits::body_legacy_max;
}

// --- time
// -------------------------------------------------------------------------------------------------------------

Task<> Link::Inside::tick() {
  while (!core.over()) {
    core.waits_until.reset();
    co_await core.due.until(
        [this] { return core.over() || core.session().has_events() || core.session().deadline().has_value(); });
    handle_events();
    if (core.over()) co_return;
    if (!core.session().deadline()) continue;
    const Instant then = *core.session().deadline();
    core.waits_until = then;
    auto wait = [this, then](io::Scope& scope) -> Task<> {
      auto earlier = [this, then]() -> Task<> {
        co_await core.due.until([this, then] {
          const auto first = core.session().deadline();
          return core.over() || core.session().has_events() || (first && *first < then);
        });
      };
      scope.spawn(core.clock().sleep_until(then));
      scope.spawn(earlier());
      co_await scope.any();
    };
    co_await io::scoped(wait);
    if (core.over()) co_return;
    core.session().tick(core.now());
    handle_events();
    core.touched();
  }
}

}  // namespace sluice::link
