// Whatever the peer sends, in any split, while this side goes on with its own work: a session answers, drops, or ends
// once. The input is a script: each byte chooses what happens next, and the bytes behind it say with what.

#include <map>

#include "base/assert.h"
#include "remote/extension.h"
#include "session/sample_program.h"
#include "session/session.h"
#include "wire/frame.h"
#include "xdr/codec.h"

namespace {

using namespace sluice;
using namespace sluice::session;

constexpr std::array programs{remote::Remote::info(), Sample::info(), remote::Extension::info()};

class Script {
 public:
  explicit Script(Bytes bytes) : bytes_(bytes) {}
  bool over() const { return bytes_.empty(); }
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const auto value = std::to_integer<std::uint8_t>(bytes_.front());
    bytes_ = bytes_.subspan(1);
    return value;
  }
  Bytes some(std::size_t count) {
    const Bytes taken = bytes_.first(std::min(count, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

 private:
  Bytes bytes_;
};

// An application that asks only for what fits, and keeps book of what it was told.
class Player {
 public:
  Player(Side side, const Options& options) : side_(side), session_(side, options) {}

  void play(Script script) {
    while (!script.over()) {
      const std::uint8_t what = script.byte();
      switch (what % 8) {
        case 0: receive(script.some(script.byte())); break;
        case 1:
        case 2: receive_frame(script); break;
        case 3: act(script); break;
        case 4: act(script); break;
        case 5: send(script.byte() + 1u); break;
        case 6: tick(script.byte()); break;
        default: take(script); break;
      }
      drain();
      look();
    }
    session_.lost({.code = Code::system_error, .message = "over"});
    drain();
    ensure(broken_ && session_.streams() == 0 && !session_.wants_to_send(), "nothing is left of a lost connection");
    for (const auto& [id, known] : mine_) ensure(known.over || side_ == Side::daemon, "every call had its outcome");
  }

 private:
  struct Known {
    const Proc* proc;
    bool reply_last = false, open = false, finished = false, ended = false, over = false, stopped = false;
    std::uint64_t written = 0;
  };

  void receive(Bytes bytes) {
    while (!bytes.empty()) {
      if (const auto body = session_.body()) {
        const Bytes part = bytes.first(std::min<std::size_t>(body->left, bytes.size()));
        ensure(body->drop || mine_.contains(body->id), "data belong to a stream that was told");
        session_.received(static_cast<std::uint32_t>(part.size()));
        bytes = bytes.subspan(part.size());
      } else {
        const std::size_t took = session_.receive(bytes);
        drain();
        if (took == 0 && !session_.body()) return;
        bytes = bytes.subspan(took);
      }
    }
  }

  // A frame that is nearly right reaches deeper than raw bytes do.
  void receive_frame(Script& script) {
    constexpr std::array<std::uint32_t, 4> numbers{Sample::number, remote::Remote::number, remote::Extension::number,
                                                   remote::keepalive_program};
    const std::uint8_t kinds = script.byte();
    const std::uint8_t where = script.byte();
    const wire::Header header{.program = numbers[where % 4],
                              .version = where >= 0xf0 ? 2u : 1u,
                              .procedure = where / 4 % 16,
                              .kind = static_cast<wire::Kind>(kinds % 8),
                              .serial = script.byte() % 8u,
                              .status = static_cast<wire::Status>(kinds / 8 % 4)};
    const std::uint8_t count = script.byte();
    receive(wire::frame(header, script.some(count)));
  }

  void act(Script& script) {
    if (side_ == Side::client && (mine_.empty() || script.byte() % 3 == 0)) return call(script);
    if (mine_.empty()) return;
    auto at = mine_.begin();
    std::advance(at, script.byte() % mine_.size());
    side_ == Side::client ? client_acts(at->first, at->second, script) : daemon_acts(at->first, at->second, script);
  }

  void call(Script& script) {
    if (broken_) return;  // would fail at once, with an event behind the last one
    const std::uint8_t which = script.byte();
    if (which == 255) {
      if (!greeted_ && session_.streams() == 0) session_.hello();
      greeted_ = true;
      return;
    }
    const Proc& proc = Sample::procs[which % Sample::procs.size()];
    if (proc.stream != Streaming::none && greeted_ && !answered_) return;
    const bool last = which >= 128 && proc.stream == Streaming::up && session_.reply_last_possible();
    const CallId id =
        session_.call(Sample::number, proc, Buffer(script.some(4).begin(), script.some(0).end()), {.reply_last = last});
    ensure(mine_.emplace(id, Known{.proc = &proc, .reply_last = last, .open = last}).second, "a serial is new");
  }

  void client_acts(const CallId& id, Known& known, Script& script) {
    if (known.proc->stream == Streaming::none) return;
    switch (script.byte() % 4) {
      case 0:
        if (known.open && !known.finished && !known.over) session_.finish(id);
        known.finished |= known.open;
        break;
      case 1:
        session_.abort(id, {.code = Code::operation_aborted, .message = "no"});
        known.finished = true;
        break;
      default: write(id, script);
    }
  }

  void daemon_acts(const CallId& id, Known& known, Script& script) {
    if (known.over) return;
    const bool streams = known.proc->stream != Streaming::none;
    switch (script.byte() % 6) {
      case 0: known.over = true; return session_.fail(id, {.code = Code::operation_failed, .message = "failed"});
      case 1:
        if (streams && !known.open) session_.accept(id, {});
        known.open = true;
        return;
      case 2: known.over = true; return streams ? session_.done(id, Buffer(3)) : session_.reply(id, Buffer(3));
      case 3:
        if (streams && known.open && !known.ended && known.proc->stream != Streaming::up) {
          session_.end(id);
          known.ended = true;
        }
        return;
      default: write(id, script);
    }
  }

  void write(const CallId& id, Script& script) {
    if (!session_.sending(id)) return;
    const std::uint8_t size = script.byte();
    if (size % 5 == 0 && session_.holes_allowed(id)) return session_.hole(id, size + 1u);
    session_.ready(id, size);
    mine_.at(id).written += size;
  }

  void take(Script& script) {
    if (mine_.empty()) return;
    auto at = mine_.begin();
    std::advance(at, script.byte() % mine_.size());
    session_.taken(at->first, script.byte());
  }

  void send(std::uint32_t most) {
    const auto out = session_.compose(most);
    ensure(out.has_value() || !session_.wants_to_send(), "who wants to send has something");
    if (!out) return;
    ensure(out->head.size() >= limits::frame_head && out->body <= most, "a frame is as long as it may be");
    const std::uint32_t length = load_big<std::uint32_t>(out->head.data());
    ensure(length == out->head.size() + out->body, "the length word counts the frame");
    if (out->body == 0) return;
    std::uint64_t& written = mine_.at(*out->stream).written;
    ensure(written >= out->body, "only what was written is sent");
    written -= out->body;
  }

  void tick(std::uint8_t milliseconds) {
    now_ += std::chrono::milliseconds(milliseconds * 20);
    session_.tick(now_);
  }

  void drain() {
    while (const auto event = session_.next()) {
      ensure(!broken_, "nothing follows the end");
      std::visit([this](const auto& e) { told(e); }, *event);
    }
  }

  void told(const CallArrived& e) {
    ensure(!mine_.contains(e.id) || mine_.at(e.id).over, "a serial that is in use is refused");
    mine_.insert_or_assign(e.id, Known{.proc = e.proc, .reply_last = e.reply_last});
  }
  void told(const ReplyArrived& e) {
    Known& known = living(e.id);
    if (e.outcome && known.proc->stream != Streaming::none && !known.reply_last) {
      ensure(!known.open, "a stream opens once");
      known.open = true;
    } else {
      known.over = true;
    }
  }
  void told(const StreamConfirmed& e) { living(e.id).over = true; }
  void told(const StreamFailed& e) {
    Known& known = living(e.id);
    ensure(!known.stopped, "a failure is told once");
    known.stopped = true;
    if (side_ == Side::client) known.over = true;
  }
  void told(const StreamEnded& e) {
    ensure(!living(e.id).ended, "the end is told once");
    living(e.id).ended = true;
  }
  void told(const StreamFinished& e) {
    ensure(!living(e.id).finished, "the finish is told once");
    living(e.id).finished = true;
  }
  void told(const StreamHole& e) { ensure(e.length > 0 && !living(e.id).over, "a hole has a length"); }
  void told(const HelloAnswered&) { answered_ = true; }
  void told(const Broken&) { broken_ = true; }
  void told(const WindowOpened&) {}
  void told(const Notified&) {}

  Known& living(const CallId& id) {
    const auto at = mine_.find(id);
    ensure(at != mine_.end() && !at->second.over, "only what lives is told of");
    return at->second;
  }

  void look() {
    static_cast<void>(session_.describe());
    static_cast<void>(session_.deadline());
    ensure(session_.streams() <= mine_.size(), "no stream but those that were told");
  }

  Side side_;
  Session session_;
  std::map<CallId, Known> mine_;
  Instant now_{};
  bool greeted_ = false, answered_ = false, broken_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  Script script(std::as_bytes(std::span(bytes, size)));
  const std::uint8_t setting = script.byte();
  Options options;
  // Without libvirt's program nothing has to be opened, so that streams are reached at once.
  options.programs = setting & 1 ? std::span<const ProgramInfo>(programs) : std::span(programs).subspan(1);
  options.extension = (setting & 2) == 0;
  options.authentication = (setting & 12) == 12;
  options.window = setting & 16 ? 200 : 4096;
  options.early_window = 100;
  options.streams_max = 4;
  options.ping_count = 2;
  Player(setting & 32 ? Side::client : Side::daemon, options).play(script);
  return 0;
}
