// SPDX-License-Identifier: Apache-2.0
#include "tools/load/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/random.h"

namespace fanlight {
namespace {

constexpr double kError = 0.01;

TEST(LatencyHistogram, EmptyHasNoPercentiles) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.percentile_ms(0.5), std::nullopt);
  EXPECT_EQ(histogram.max_ms(), std::nullopt);
}

TEST(LatencyHistogram, DurationsAreExactToOnePercent) {
  for (double us = 1; us < 6e10; us *= 1.003) {
    LatencyHistogram histogram;
    const auto exact = static_cast<int64_t>(us);
    histogram.record(std::chrono::microseconds(exact));
    const double expected = static_cast<double>(exact) / 1000;
    ASSERT_NEAR(histogram.percentile_ms(1).value(), expected, expected * kError) << exact << " us";
    ASSERT_DOUBLE_EQ(histogram.max_ms().value(), expected);
  }
}

TEST(LatencyHistogram, PercentilesMatchTheSortedValues) {
  Random random(7);
  LatencyHistogram histogram;
  std::vector<int64_t> values;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(static_cast<int64_t>(random.log_uniform(100, 10'000'000)));
    histogram.record(std::chrono::microseconds(values.back()));
  }
  std::sort(values.begin(), values.end());
  for (const double p : {0.01, 0.5, 0.95, 0.99, 1.0}) {
    const auto index = static_cast<size_t>(p * static_cast<double>(values.size())) - 1;
    const double exact = static_cast<double>(values[index]) / 1000;
    EXPECT_NEAR(histogram.percentile_ms(p).value(), exact, exact * kError) << p;
  }
}

TEST(LatencyHistogram, ClampsOutOfRangeValues) {
  LatencyHistogram histogram;
  histogram.record(-5s);
  EXPECT_EQ(histogram.percentile_ms(1), 0.0);
  histogram.record(Duration::max());
  EXPECT_NEAR(histogram.percentile_ms(1).value(), 68'719'476.7, 700'000);
  EXPECT_EQ(histogram.count(), 2u);
}

TEST(LatencyHistogram, PercentilesDoNotExceedTheMaximum) {
  LatencyHistogram histogram;
  histogram.record(1'000'000us);
  histogram.record(1'000'001us);
  EXPECT_EQ(histogram.percentile_ms(0.99), histogram.max_ms());
}

TEST(LatencyHistogram, AddsAndSubtracts) {
  LatencyHistogram early;
  early.record(1ms);
  LatencyHistogram late;
  late.record(100ms);
  late.add(early);
  EXPECT_EQ(late.count(), 2u);
  EXPECT_NEAR(late.percentile_ms(0.5).value(), 1, 0.01);
  late.subtract(early);
  EXPECT_EQ(late.count(), 1u);
  EXPECT_NEAR(late.percentile_ms(0.5).value(), 100, 1);
  EXPECT_DOUBLE_EQ(late.max_ms().value(), 100);
}

}  // namespace
}  // namespace fanlight
