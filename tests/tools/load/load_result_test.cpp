// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_result.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(LoadResult, SpreadHasMinimumMedianMaximumAndMean) {
  EXPECT_FALSE(spread_of({}).has_value());
  const Spread odd = spread_of({3, 1, 2}).value();
  EXPECT_EQ(odd.min, 1u);
  EXPECT_EQ(odd.median, 2);
  EXPECT_EQ(odd.max, 3u);
  EXPECT_EQ(odd.mean, 2);
  EXPECT_EQ(spread_of({4, 1, 2, 3}).value().median, 2.5);
}

TEST(LoadResult, OneInTwentyIsAtMostTheFifthPercentile) {
  std::vector<uint64_t> values;
  for (uint64_t i = 1; i <= 20; ++i) values.push_back(i);
  EXPECT_EQ(spread_of(values).value().p5, 1u);
  values.push_back(21);
  EXPECT_EQ(spread_of(values).value().p5, 2u);
  EXPECT_EQ(spread_of({9}).value().p5, 9u);
}

TEST(LoadResult, ComputesJainsIndex) {
  EXPECT_DOUBLE_EQ(spread_of({5, 5, 5, 5}).value().jain.value(), 1);
  EXPECT_DOUBLE_EQ(spread_of({8, 0, 0, 0}).value().jain.value(), 0.25);
  EXPECT_DOUBLE_EQ(spread_of({1, 2, 3}).value().jain.value(), 36.0 / 42);
  EXPECT_FALSE(spread_of({0, 0}).value().jain.has_value());
}

TEST(LoadResult, LossIsTheShareOfSkippedFrames) {
  KindResult kind;
  EXPECT_EQ(kind.loss(), std::nullopt);
  kind.frames_sum = 99;
  kind.gaps = 1;
  EXPECT_DOUBLE_EQ(kind.loss().value(), 0.01);
}

TEST(LoadResult, PercentilesOfNothingAreEmpty) {
  LatencyHistogram histogram;
  EXPECT_EQ(percentiles_of(histogram).p99, std::nullopt);
  histogram.record(100us);
  EXPECT_DOUBLE_EQ(percentiles_of(histogram).p50.value(), 0.1);
}

TEST(LoadResult, CostIsPerFrame) {
  LoadResult result;
  EXPECT_EQ(result.per_frame_us(1), std::nullopt);
  result.frames = 1'000'000;
  EXPECT_DOUBLE_EQ(result.per_frame_us(5).value(), 5);
}

TEST(LoadResult, ReportsEverythingThatNoViewerShouldSee) {
  EXPECT_TRUE(LoadResult().complaint().empty());
  for (uint64_t LoadResult::*bad :
       {&LoadResult::torn, &LoadResult::falling, &LoadResult::disconnected, &LoadResult::never}) {
    LoadResult result;
    result.*bad = 3;
    EXPECT_FALSE(result.is_clean());
    EXPECT_EQ(result.complaint().substr(0, 2), "3 ");
  }
  LoadResult broken;
  broken.segments = SegmentsResult{};
  EXPECT_TRUE(broken.is_clean());
  broken.segments->broken = 3;
  broken.segments->problem = "why";
  EXPECT_FALSE(broken.is_clean());
  EXPECT_EQ(broken.complaint(), "3 broken updates (why)");
  LoadResult refused;
  refused.never = 2;
  refused.statuses = {{0, 4}, {404, 3}, {503, 12}};
  refused.not_multipart = 1;
  EXPECT_EQ(
      refused.complaint(),
      "2 viewers without a frame, 4 answers no HTTP, 3 answers 404 Not Found (is the path "
      "right?), 12 answers 503 Service Unavailable, 1 answers that are not a multipart stream "
      "(is the path right?)");
}

}  // namespace
}  // namespace fanlight
