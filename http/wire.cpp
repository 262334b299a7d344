// SPDX-License-Identifier: Apache-2.0
#include "http/wire.h"

#include <algorithm>

#include "core/check.h"

namespace fanlight {
namespace {

// A wake may be a few milliseconds late, and what was not sent meanwhile would be lost: with 2 ms
// 1.5 % of the wire was.
constexpr Duration kDepthMin = 5ms;

int64_t to_ns(Instant instant) {
  return instant.time_since_epoch().count();
}

}  // namespace

Wire::Wire(const WireConfig& config, unsigned shards)
    : config_(config),
      usable_(static_cast<uint64_t>(double(config.bits_per_second) / 8 * kShare)),
      shards_(shards),
      waiting_(std::make_unique<Waiting[]>(shards)) {
  CHECK(usable_ > 0 && config.min_fps > 0);
}

Duration Wire::time_for(size_t payload) const noexcept {
  return Duration(static_cast<int64_t>(double(bytes_on_wire(payload)) * 1e9 / double(usable_)));
}

Duration Wire::depth(Duration time) noexcept {
  return std::max<Duration>(kDepthMin, 2 * time);
}

// The generic cell rate algorithm (ITU-T I.371): instead of a level that drips, the moment at which
// the bucket would be full again.
bool Wire::take(Duration time, Instant now) noexcept {
  int64_t free_at = free_at_ns_.load();
  int64_t next = 0;
  do {
    if (free_at > to_ns(now)) return false;
    // The one that is taken now counts towards the depth.
    next = std::max(free_at, to_ns(now - depth(time) + time)) + time.count();
  } while (!free_at_ns_.compare_exchange_weak(free_at, next));
  return true;
}

void Wire::charge(Duration time, Instant now) noexcept {
  int64_t free_at = free_at_ns_.load();
  int64_t next = 0;
  do {
    next = std::max(free_at, to_ns(now - kDepthMin)) + time.count();
  } while (!free_at_ns_.compare_exchange_weak(free_at, next));
}

uint64_t Wire::waiting_in_all() const noexcept {
  uint64_t sum = 0;
  for (unsigned i = 0; i < shards_; ++i) sum += waiting_[i].count.value();
  return sum;
}

bool Wire::claim(uint64_t bytes_per_second) noexcept {
  uint64_t claimed = claimed_.load();
  do {
    if (claimed + bytes_per_second > usable_) return false;
  } while (!claimed_.compare_exchange_weak(claimed, claimed + bytes_per_second));
  return true;
}

void Wire::give_back(uint64_t bytes_per_second) noexcept {
  CHECK(claimed_.fetch_sub(bytes_per_second) >= bytes_per_second);
}

}  // namespace fanlight
