// SPDX-License-Identifier: Apache-2.0
// Time as a value: it is passed in, never read from a clock.
//
// Only a Backend (for a shard) and a camera thread read a clock; everything else takes an Instant
// as an argument, which lets the simulation run hours of viewers in milliseconds. tools/tidy.py
// rejects clock reads anywhere else.
#pragma once

#include <chrono>
#include <cstdint>

namespace fanlight {

using namespace std::chrono_literals;

// Tag of the monotonic clock (CLOCK_MONOTONIC, or the simulation's own). It has no now().
struct Monotonic {
  using rep = int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<Monotonic>;
  static constexpr bool is_steady = true;
};

using Duration = std::chrono::nanoseconds;
using Instant = Monotonic::time_point;

// Unix time in microseconds, the resolution of the X-Timestamp header.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

inline constexpr Instant kNever = Instant::max();

inline constexpr double to_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

// `seconds` may be fractional; values beyond the range of Duration (292 years) saturate.
inline constexpr Duration from_seconds(double seconds) {
  constexpr double kMax = 9.2e9;
  if (seconds >= kMax) return Duration::max();
  if (seconds <= -kMax) return Duration::min();
  return Duration(static_cast<int64_t>(seconds * 1e9));
}

// The clock reads, for backends and camera threads only.
inline Instant read_monotonic_clock() {
  return Instant(std::chrono::steady_clock::now().time_since_epoch());
}
inline WallTime read_wall_clock() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace fanlight
