#pragma once
// Chance with a seed: the same seed, the same run.

#include <cstdint>
#include <random>

namespace sluice::sim {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed * 0x9e3779b97f4a7c15u + 1) {}
  // 0 to `below` - 1; not a distribution of the library, whose results differ between libraries.
  std::uint64_t pick(std::uint64_t below) { return below == 0 ? 0 : engine_() % below; }
  bool chance(unsigned percent) { return pick(100) < percent; }
  bool one_in(std::uint64_t n) { return pick(n) == 0; }
  // Mostly small, sometimes up to `most`.
  std::uint64_t size(std::uint64_t most) { return 1 + pick(chance(70) ? most / 16 + 1 : most); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace sluice::sim
