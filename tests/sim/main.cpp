// Runs the simulation for many seeds.
//
//   sim --seeds 10000 [--from 1] [--verbose]
//
// A seed that breaks a promise is printed; `sim --seeds 1 --from SEED --verbose` runs it again.

#include <charconv>
#include <iostream>
#include <string_view>

#include "world.h"

namespace {

using sluice::sim::World;

struct Wishes {
  std::uint64_t seeds = 1000;
  std::uint64_t from = 1;
  bool verbose = false;
};

bool number(std::string_view text, std::uint64_t& value) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end == text.data() + text.size();
}

bool read(int count, char** words, Wishes& wishes) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--verbose") {
      wishes.verbose = true;
    } else if (word == "--seeds" && i + 1 < count) {
      if (!number(words[++i], wishes.seeds)) return false;
    } else if (word == "--from" && i + 1 < count) {
      if (!number(words[++i], wishes.from)) return false;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int count, char** words) {
  Wishes wishes;
  if (!read(count, words, wishes)) {
    std::cerr << "usage: sim [--seeds N] [--from N] [--verbose]\n";
    return 2;
  }
  std::uint64_t steps = 0, frames = 0, streams = 0, cuts = 0, braked = 0;
  for (std::uint64_t seed = wishes.from; seed < wishes.from + wishes.seeds; ++seed) {
    World world(seed);
    try {
      world.run();
    } catch (const sluice::sim::BrokenPromise& promise) {
      std::cerr << "seed " << seed << ", step " << world.steps() << ": " << promise.what() << "\n"
                << world.describe() << "\nagain: sim --seeds 1 --from " << seed << " --verbose\n";
      return 1;
    }
    if (wishes.verbose) std::cout << "seed " << seed << ": " << world.steps() << " steps; " << world.describe() << "\n";
    steps += world.steps();
    frames += world.frames();
    streams += world.streams();
    cuts += world.was_cut() ? 1 : 0;
    braked += world.was_braked() ? 1 : 0;
  }
  std::cout << wishes.seeds << " seeds from " << wishes.from << ": " << steps << " steps, " << streams << " streams, "
            << frames << " frames, " << cuts << " cuts, " << braked << " with the brake on; every promise kept\n";
  return 0;
}
