// SPDX-License-Identifier: Apache-2.0
// Histogram: durations in power-of-two buckets, written by one thread, read by any.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/time.h"

namespace fanlight {

// Owns: its counters, about 200 bytes.
// Thread: record() by one thread only (no read-modify-write is atomic); reads by any thread, which
// may see a half-written record: a count without its sum. That is good enough for metrics.
// Range: bucket i counts durations <= 2^i microseconds, i = 0..kBuckets-1 (1 us to 33 s); longer
// ones appear only in count() and sum(). Negative durations count as zero.
class Histogram {
 public:
  static constexpr size_t kBuckets = 26;

  static constexpr Duration upper_bound(size_t bucket) {
    return std::chrono::microseconds(int64_t{1} << bucket);
  }

  void record(Duration value) noexcept {
    const int64_t us = value.count() <= 0 ? 0 : (value.count() - 1) / 1000 + 1;
    const size_t bucket = us <= 1 ? 0 : static_cast<size_t>(std::bit_width(uint64_t(us - 1)));
    if (bucket < kBuckets) add(buckets_[bucket], 1);
    add(count_, 1);
    add(sum_ns_, value.count() > 0 ? uint64_t(value.count()) : 0);
  }

  uint64_t bucket(size_t i) const { return buckets_[i].load(std::memory_order_relaxed); }
  uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  Duration sum() const { return Duration(int64_t(sum_ns_.load(std::memory_order_relaxed))); }

 private:
  static void add(std::atomic<uint64_t>& counter, uint64_t n) {
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::array<std::atomic<uint64_t>, kBuckets> buckets_{};
  std::atomic<uint64_t> count_{0};
  std::atomic<uint64_t> sum_ns_{0};
};

}  // namespace fanlight
