// SPDX-License-Identifier: Apache-2.0
#include "http/state/wire.h"

#include "core/check.h"

namespace fanlight {

Wire::Wire(const WireConfig& config, unsigned shards)
    : config_(config), shards_(shards), waiting_(std::make_unique<Waiting[]>(shards)) {
  set_rate(config.bits_per_second, config.min_fps);
}

void Wire::set_rate(uint64_t bits_per_second, double min_fps) noexcept {
  const auto usable = static_cast<uint64_t>(double(bits_per_second) / 8 * kShare);
  CHECK(usable > 0 && min_fps > 0);
  bits_per_second_ = bits_per_second;
  min_fps_ = min_fps;
  usable_ = usable;
}

Duration Wire::time_for(size_t payload) const noexcept {
  return Duration(static_cast<int64_t>(double(bytes_on_wire(payload)) * 1e9 / double(usable())));
}

bool Wire::take(Duration time, Instant now) noexcept {
  Instant free_at = free_at_.load();
  do {
    if (free_at > now) return false;
  } while (!free_at_.compare_exchange_weak(free_at, moved_on(free_at, time, time, now)));
  return true;
}

void Wire::charge(Duration time, Instant now) noexcept {
  Instant free_at = free_at_.load();
  while (!free_at_.compare_exchange_weak(free_at, std::max(free_at, now - kDepthMin) + time)) {
  }
}

uint64_t Wire::waiting_in_all() const noexcept {
  uint64_t sum = 0;
  for (unsigned i = 0; i < shards_; ++i) sum += waiting_[i].count.value();
  return sum;
}

bool Wire::claim(uint64_t bytes_per_second) noexcept {
  uint64_t claimed = claimed_.load();
  do {
    if (claimed + bytes_per_second > usable()) return false;
  } while (!claimed_.compare_exchange_weak(claimed, claimed + bytes_per_second));
  return true;
}

void Wire::give_back(uint64_t bytes_per_second) noexcept {
  CHECK(claimed_.fetch_sub(bytes_per_second) >= bytes_per_second);
}

}  // namespace fanlight
