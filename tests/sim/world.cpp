#include "world.h"

namespace sluice::sim {
namespace {

constexpr std::array programs{remote::Remote::info(), Sample::info()};

session::Options options_of(Dice& dice) {
  session::Options options;
  options.programs = programs;
  options.window = dice.chance(50) ? 200 + dice.pick(20'000) : 200'000 + dice.pick(1'000'000);
  options.window_max = options.window << dice.pick(8);
  options.budget = dice.chance(30) ? 0 : dice.size(1 << 24);
  options.early_window = static_cast<std::uint32_t>(dice.chance(20) ? 0 : dice.pick(20'000));
  options.ping_count = 1'000'000;  // the wire may be slow for long
  return options;
}

}  // namespace

World::World(std::uint64_t seed) : dice_(seed) {
  flood_ = dice_.one_in(200);
  session::Options daemon = options_of(dice_);
  daemon.extension = !flood_ && dice_.chance(80);
  const ClientOptions wishes{.hello = dice_.chance(80), .calls = flood_ ? 3 : 1 + dice_.pick(12), .flood = flood_};
  client_ = std::make_unique<ClientEnd>(options_of(dice_), wishes, tapes_, dice_);
  daemon_ = std::make_unique<DaemonEnd>(daemon, flood_, tapes_, dice_);
  random_steps_ = flood_ ? 10'000 : 200 + dice_.pick(3000);
  if (dice_.chance(15)) cut_after_ = 1 + dice_.pick(random_steps_);
}

void World::run() {
  while (steps_ < random_steps_ && !cut_) {
    step();
    if (cut_after_ != 0 && steps_ >= cut_after_) cut();
  }
  drain();
  judge();
}

void World::step() {
  ++steps_;
  switch (dice_.pick(9)) {
    case 0:
    case 1: client_->act(); break;
    case 2:
    case 3: daemon_->act(); break;
    case 4: client_->send(up_); break;
    case 5: daemon_->send(down_); break;
    case 6: daemon_->receive(up_, read_size()); break;
    case 7: client_->receive(down_, read_size()); break;
    default:
      now_ += std::chrono::milliseconds(dice_.pick(dice_.chance(5) ? 5000 : 50));
      client_->tick(now_);
      daemon_->tick(now_);
  }
  client_->check();
  daemon_->check();
}

std::size_t World::read_size() { return flood_ ? read_max : dice_.size(200'000); }

void World::cut() {
  cut_ = true;
  up_.cut();
  down_.cut();
  if (!client_->broken()) client_->lost();
  if (!daemon_->broken()) daemon_->lost();
}

// Nothing new is begun and nobody dawdles: everything must come to its end.
void World::drain() {
  client_->hurry();
  daemon_->hurry();
  std::uint64_t left = 200'000;
  const auto over = [&] {
    return client_->idle() && daemon_->idle() &&
           (cut_ || (up_.size() == 0 && down_.size() == 0 && !client_->session().wants_to_send() &&
                     !daemon_->session().wants_to_send()));
  };
  while (!over()) {
    must(--left > 0, "something is stuck");
    step();
  }
}

void World::judge() const {
  if (cut_) {
    for (const auto& [id, stream] : client_->opened()) must(stream.outcome != Outcome::none, "a loss was not told");
    return;
  }
  must(!client_->broken() && !daemon_->broken(), "one end gave up the connection");
  must(client_->session().streams() == 0 && daemon_->session().streams() == 0, "a stream is left");
  must(!client_->session().calls_pending() && !daemon_->session().calls_pending(), "a call is left");
  for (const auto& [id, stream] : client_->opened()) {
    try {
      judge(id, stream);
    } catch (const BrokenPromise& promise) {
      throw BrokenPromise(std::string(stream.proc->name) + " #" + std::to_string(id.serial) + ": " + promise.what());
    }
  }
}

// Both ends say the same of how it ended, and what is called done was done.
void World::judge(const CallId& id, const Opened& stream) const {
  const auto at = daemon_->handlers().find(id);
  must(at != daemon_->handlers().end(), "a call never arrived");
  const Handler& handler = at->second;
  must(handler.over, "a handler is left");
  const auto tapes = tapes_.find(id);
  switch (stream.outcome) {
    case Outcome::none: throw BrokenPromise("it has no outcome");
    case Outcome::done: {
      must(handler.done, "done, but its handler failed");
      const std::string result =
          (handler.proc->stream == remote::Streaming::none ? "answer " : "result ") + std::to_string(id.serial);
      const bool carries = handler.proc->stream == remote::Streaming::none || client_->session().extended();
      must(as_text(stream.result) == (carries ? result : ""), "another result than the handler's");
      if (tapes == tapes_.end()) return;
      must(handler.settles_early || tapes->second.up.received() == tapes->second.up.written(),
           "done, but not all of it arrived");
      must(!stream.ended || tapes->second.down.received() == tapes->second.down.written() || stream.finishes_early ||
               stream.proc->stream == remote::Streaming::both,
           "done, but not all of it came");
      return;
    }
    case Outcome::failed:
      if (stream.why.code == Code::operation_aborted) {
        must(stream.aborted, "aborted, but nobody asked for that");
      } else {
        must(!handler.done && stream.why.message == handler.reason, "failed with another reason than its handler's");
      }
      return;
    case Outcome::aborted: must(stream.aborted, "aborted, but nobody asked for that"); return;
  }
}

std::string World::describe() const {
  return "client: " + client_->session().describe() + "; daemon: " + daemon_->session().describe() + "; " +
         std::to_string(up_.size()) + " bytes on the way up, " + std::to_string(down_.size()) + " down";
}

}  // namespace sluice::sim
