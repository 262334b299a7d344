// SPDX-License-Identifier: Apache-2.0
// Random: a small seeded generator, for jitter and for tests. The same seed gives the same numbers
// on every machine (true of std::mt19937 too, but not of its distributions).
#pragma once

#include <cmath>
#include <cstdint>

#include "core/check.h"

namespace fanlight {

// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  // Uniform in [0, bound), bound > 0. The bias of the modulo is below 2^-32 for 32-bit bounds.
  uint64_t below(uint64_t bound) {
    CHECK(bound > 0);
    return next() % bound;
  }

  // Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  // True with probability p.
  bool chance(double p) { return unit() < p; }

  // Log-uniform in [low, high).
  double log_uniform(double low, double high) { return low * std::pow(high / low, unit()); }

 private:
  uint64_t state_;
};

}  // namespace fanlight
