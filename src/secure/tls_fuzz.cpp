// What a peer sends who has not shown who it is: raw bytes, or the handshake of a good peer of which a script changes,
// adds and drops bytes on the way. In any split the filter tells the same story, and gives out only what was sent.

#include <openssl/rand.h>

#include <map>

#include "base/assert.h"
#include "base/limits.h"
#include "secure/two_ends_test.h"

namespace {

using namespace sluice;
using namespace sluice::secure;

// The same numbers in every run: nothing is secret here, and an input must do the same each time. (xorshift64)
std::uint64_t state_of_chance = 1;
int chance(unsigned char* into, int size) {
  for (int i = 0; i < size; ++i) {
    state_of_chance ^= state_of_chance << 13;
    state_of_chance ^= state_of_chance >> 7;
    state_of_chance ^= state_of_chance << 17;
    into[i] = static_cast<unsigned char>(state_of_chance);
  }
  return 1;
}
int always() { return 1; }
void tame_chance() {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"  // OpenSSL 3 has no other way for all of its parts at once
  static const RAND_METHOD method{
      .seed = nullptr, .bytes = chance, .cleanup = nullptr, .add = nullptr, .pseudorand = chance, .status = always};
  ensure(RAND_set_rand_method(&method) == 1, "chance can be tamed");
#pragma clang diagnostic pop
}

struct Bench {
  Bench() { tame_chance(); }
  World world;
  Shared daemons = world.daemon(), clients = world.client();

  Tls end(Side side) const {
    return side == Side::daemon ? Tls(daemons, {.now = now}) : Tls(clients, {.now = now, .host = host});
  }
};
const Bench& bench() {
  static const Bench bench;
  return bench;
}

void look(const Tls& tls) {
  ensure(tls.failure().has_value() == (tls.state() == FilterState::failed), "a failure has a reason");
  ensure(!tls.failure() || !tls.failure()->message.empty(), "and the reason is said");
  static_cast<void>(tls.describe());
}

std::string raw(Side side, Bytes bytes, const Split& split) {
  state_of_chance = 1;
  End end{bench().end(side)};
  end.take(bytes, split);
  look(end.tls);
  end.tls.ended();
  ensure(end.plain.empty(), "nothing comes from a stranger");
  ensure(end.tls.state() == FilterState::failed, "a stranger gets nowhere");
  return why(end.tls) + std::string(as_text(taken_from(end.tls)));
}

// A script of what happens to the bytes of a good peer: place, what, value.
class Tampering {
 public:
  explicit Tampering(Bytes script) {
    for (; script.size() >= 4; script = script.subspan(4)) {
      changes_[load_big<std::uint16_t>(script.data()) % 4096] = {script[2], script[3]};
    }
  }
  Buffer tampered(const Buffer& bytes) {
    Buffer out;
    for (const std::byte byte : bytes) {
      const auto change = changes_.find(at_++);
      if (change == changes_.end()) {
        out.push_back(byte);
        continue;
      }
      const auto [what, value] = change->second;
      switch (std::to_integer<int>(what) % 4) {
        case 0: out.push_back(byte ^ value); break;
        case 1: out.push_back(value); break;
        case 2: break;  // dropped
        default: out.push_back(byte); out.insert(out.end(), std::to_integer<std::size_t>(value), value);
      }
    }
    return out;
  }

 private:
  std::map<std::size_t, std::pair<std::byte, std::byte>> changes_;
  std::size_t at_ = 0;
};

std::string tampered(Side side, Bytes script, const Split& split) {
  state_of_chance = 1;
  Tampering tampering(script);
  End target{bench().end(side)}, good{bench().end(other(side))};
  const auto carry = [&] {
    for (;;) {
      const Buffer there = taken_from(good.tls);
      const Buffer back = taken_from(target.tls);
      target.take(tampering.tampered(there), split);
      good.take(back);
      look(target.tls);
      if (there.empty() && back.empty()) return;
    }
  };
  carry();
  const std::string text(1000, 't');
  if (good.tls.state() == FilterState::open) {
    good.tls.encrypt(as_bytes(text));
    good.tls.close();
    carry();
  }
  target.tls.ended();
  look(target.tls);
  ensure(text.starts_with(as_text(target.plain)), "only what was sent is given out");
  ensure(target.tls.state() != FilterState::peer_closed || target.plain.size() == text.size(), "an end is the end");
  return why(target.tls) + std::string(name(target.tls.state()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t setting = bytes[0];
  const Bytes input = std::as_bytes(std::span(bytes, size)).subspan(1);
  const Side side = setting & 1 ? Side::client : Side::daemon;
  const auto told = setting & 2 ? tampered : raw;
  const std::string story = told(side, input, whole());
  ensure(told(side, input, setting & 4 ? at_random(setting) : pieces(1)) == story, "in any split the same story");
  return 0;
}
