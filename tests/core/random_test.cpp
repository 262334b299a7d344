// SPDX-License-Identifier: Apache-2.0
#include "core/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace fanlight {
namespace {

// Reference outputs of SplitMix64 (https://prng.di.unimi.it/splitmix64.c) for seed 1234567.
TEST(RandomTest, MatchesTheReferenceSequence) {
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317u);
  EXPECT_EQ(random.next(), 3203168211198807973u);
  EXPECT_EQ(random.next(), 9817491932198370423u);
  EXPECT_EQ(random.next(), 4593380528125082431u);
  EXPECT_EQ(random.next(), 16408922859458223821u);
}

TEST(RandomTest, SeedZeroWorks) {
  EXPECT_EQ(Random(0).next(), 16294208416658607535u);
}

TEST(RandomTest, EqualSeedsGiveEqualSequences) {
  Random first(42), second(42), third(43);
  for (int i = 0; i < 100; ++i) {
    const uint64_t value = first.next();
    EXPECT_EQ(value, second.next());
    EXPECT_NE(value, third.next());
  }
}

TEST(RandomTest, BelowStaysBelowAndReachesEveryValue) {
  Random random(7);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) ++seen[random.below(seen.size())];
  for (const int count : seen) EXPECT_NEAR(count, 1000, 200);
  EXPECT_EQ(random.below(1), 0u);
}

TEST(RandomTest, UnitIsInTheHalfOpenIntervalWithMeanOneHalf) {
  Random random(8);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.unit();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(RandomTest, ChanceHasItsProbabilityAndIsCertainAtTheEnds) {
  Random random(9);
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) {
    hits += random.chance(0.3) ? 1 : 0;
    ASSERT_FALSE(random.chance(0.0));
    ASSERT_TRUE(random.chance(1.0));
  }
  EXPECT_NEAR(hits, 3000, 200);
}

TEST(RandomTest, LogUniformIsEvenOverOctaves) {
  Random random(10);
  std::array<int, 10> octaves{};
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.log_uniform(1.0, 1024.0);
    ASSERT_GE(value, 1.0);
    ASSERT_LT(value, 1024.0);
    ++octaves[static_cast<size_t>(std::log2(value))];
  }
  for (const int count : octaves) EXPECT_NEAR(count, 1000, 200);
}

TEST(RandomDeathTest, BelowZeroAborts) {
  EXPECT_DEATH(Random(1).below(0), "bound > 0");
}

}  // namespace
}  // namespace fanlight
