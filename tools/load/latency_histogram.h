// SPDX-License-Identifier: Apache-2.0
// LatencyHistogram: durations with percentiles that are accurate to 1 percent.
//
// Log-linear: each power of two is divided into 64 equal buckets, so a bucket's width is at most
// 1/64 of its value, and its middle is at most 0.8 % from the recorded value. core/histogram.h has
// one bucket per power of two, which is right for scraped metrics, but too coarse to compare two
// servers.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/check.h"
#include "core/counter.h"
#include "core/time.h"

namespace fanlight {

// Owns: its counters, 16 KB.
// Thread: record() by one; everything else by any, which may miss a value being recorded.
// Range: 0 to 2^36 microseconds (19 hours), whole microseconds; longer ones count as the maximum,
// negative ones as 0.
class LatencyHistogram {
 public:
  void record(Duration value) noexcept {
    constexpr int64_t kMax = (int64_t{1} << kOctaves) - 1;
    const int64_t us = std::clamp<int64_t>(value.count() / 1000, 0, kMax);
    counts_[bucket_of(static_cast<uint64_t>(us))].add();
    if (static_cast<uint64_t>(us) > max_us_.value()) max_us_.set(static_cast<uint64_t>(us));
  }

  // Adds the contents of another one. By the thread that records into this one.
  void add(const LatencyHistogram& other) noexcept {
    for (size_t i = 0; i < kBuckets; ++i) counts_[i].add(other.counts_[i].value());
    max_us_.set(std::max(max_us_.value(), other.max_us_.value()));
  }

  // Subtracts an earlier copy of the same histograms; max() stays. By the same thread.
  void subtract(const LatencyHistogram& earlier) noexcept {
    for (size_t i = 0; i < kBuckets; ++i) counts_[i].subtract(earlier.counts_[i].value());
  }

  uint64_t count() const noexcept {
    uint64_t sum = 0;
    for (const Counter& count : counts_) sum += count.value();
    return sum;
  }

  // The smallest recorded duration that at least the fraction `p` (0 < p <= 1) does not exceed, in
  // milliseconds, to 1 %. Nothing when nothing was recorded.
  std::optional<double> percentile_ms(double p) const {
    CHECK(p > 0 && p <= 1);
    const uint64_t all = count();
    if (all == 0) return std::nullopt;
    const auto wanted =
        std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(p * static_cast<double>(all))));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += counts_[i].value();
      if (seen >= wanted) return std::min(middle_of(i) / 1000, *max_ms());
    }
    return max_ms();
  }

  std::optional<double> max_ms() const {
    if (count() == 0) return std::nullopt;
    return static_cast<double>(max_us_.value()) / 1000;
  }

 private:
  static constexpr int kOctaves = 36;
  static constexpr int kSubBits = 6;  // 64 buckets in each power of two
  static constexpr size_t kSub = size_t{1} << kSubBits;
  // Values below 2 * kSub have a bucket each.
  static constexpr size_t kBuckets = (kOctaves - kSubBits + 1) * kSub;

  static size_t bucket_of(uint64_t us) noexcept {
    if (us < 2 * kSub) return us;
    const int shift = static_cast<int>(std::bit_width(us)) - 1 - kSubBits;
    return static_cast<size_t>(shift) * kSub + static_cast<size_t>(us >> shift);
  }

  // In microseconds.
  static double middle_of(size_t bucket) noexcept {
    if (bucket < 2 * kSub) return static_cast<double>(bucket);
    const size_t shift = bucket / kSub - 1;
    const uint64_t low = (bucket - shift * kSub) << shift;
    return static_cast<double>(low) + static_cast<double>((uint64_t{1} << shift) - 1) / 2;
  }

  std::array<Counter, kBuckets> counts_;
  Counter max_us_;
};

}  // namespace fanlight
