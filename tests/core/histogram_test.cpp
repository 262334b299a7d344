// SPDX-License-Identifier: Apache-2.0
#include "core/histogram.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

// The one bucket incremented by a single record of `value`, or kBuckets if there is none.
size_t bucket_of(Duration value) {
  Histogram histogram;
  histogram.record(value);
  size_t found = Histogram::kBuckets;
  for (size_t i = 0; i < Histogram::kBuckets; ++i) {
    if (histogram.bucket(i) == 0) continue;
    EXPECT_EQ(histogram.bucket(i), 1u);
    EXPECT_EQ(found, Histogram::kBuckets) << "two buckets increased";
    found = i;
  }
  EXPECT_EQ(histogram.count(), 1u);
  return found;
}

TEST(HistogramTest, BucketHoldsValuesUpToItsUpperBound) {
  for (size_t i = 0; i < Histogram::kBuckets; ++i) {
    EXPECT_EQ(bucket_of(Histogram::upper_bound(i)), i) << "at the bound of bucket " << i;
    EXPECT_EQ(bucket_of(Histogram::upper_bound(i) + 1ns), i + 1) << "just above bucket " << i;
  }
}

TEST(HistogramTest, FirstBoundIsOneMicrosecondAndTheLastAbout33Seconds) {
  EXPECT_EQ(Histogram::upper_bound(0), 1us);
  EXPECT_EQ(Histogram::upper_bound(Histogram::kBuckets - 1), 33'554'432us);
}

TEST(HistogramTest, NegativeCountsAsZero) {
  EXPECT_EQ(bucket_of(0ns), 0u);
  EXPECT_EQ(bucket_of(-5s), 0u);
  Histogram histogram;
  histogram.record(-5s);
  EXPECT_EQ(histogram.sum(), 0ns);
}

TEST(HistogramTest, ValuesAboveTheLastBoundAppearOnlyInCountAndSum) {
  Histogram histogram;
  histogram.record(1h);
  for (size_t i = 0; i < Histogram::kBuckets; ++i) EXPECT_EQ(histogram.bucket(i), 0u);
  EXPECT_EQ(histogram.count(), 1u);
  EXPECT_EQ(histogram.sum(), 1h);
}

TEST(HistogramTest, LongestDurationDoesNotOverflow) {
  Histogram histogram;
  histogram.record(Duration::max());
  EXPECT_EQ(histogram.count(), 1u);
  EXPECT_EQ(histogram.sum(), Duration::max());
}

TEST(HistogramTest, SumIsExactToTheNanosecond) {
  Histogram histogram;
  histogram.record(1ns);
  histogram.record(1500ns);
  histogram.record(2ms);
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_EQ(histogram.sum(), 2'001'501ns);
  EXPECT_EQ(histogram.bucket(0), 1u);
  EXPECT_EQ(histogram.bucket(1), 1u);
}

}  // namespace
}  // namespace fanlight
