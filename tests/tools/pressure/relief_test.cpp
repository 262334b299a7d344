// SPDX-License-Identifier: Apache-2.0
#include "tools/pressure/relief.h"

#include <gtest/gtest.h>

#include <vector>

namespace fanlight {
namespace {

struct ReliefTest : testing::Test {
  Relief relief{0.8};
  Instant now = Instant(1000s);

  // The levels of each of the next seconds.
  std::vector<unsigned> levels(const Pressure& pressure, int seconds) {
    std::vector<unsigned> all;
    for (int i = 0; i < seconds; ++i) all.push_back(relief.note(pressure, now += 1s));
    return all;
  }
  unsigned level_after(const Pressure& pressure, int seconds) {
    return levels(pressure, seconds).back();
  }
};

TEST_F(ReliefTest, NothingIsGivenUpUpToTheLimit) {
  EXPECT_EQ(level_after({.cpu = 0.8}, 1000), 0u);
  EXPECT_EQ(relief.keep_every(), 1u);
}

TEST_F(ReliefTest, RisesByOneEveryThreeSeconds) {
  EXPECT_EQ(levels({.cpu = 0.81}, 20), (std::vector{0u, 0u, 0u, 1u, 1u, 1u, 2u, 2u, 2u, 3u,
                                                    3u, 3u, 4u, 4u, 4u, 5u, 5u, 5u, 5u, 5u}));
}

TEST_F(ReliefTest, RungsAreGivenUpBeforePictures) {
  std::vector<unsigned> kept;
  for (unsigned level = 0; level < Relief::kLevels; ++level) {
    kept.push_back(relief.keep_every());
    level_after({.cpu = 1}, level == 0 ? 4 : 3);
  }
  EXPECT_EQ(kept, (std::vector{1u, 1u, 1u, 2u, 4u, 8u}));
}

TEST_F(ReliefTest, AMomentIsNoPressure) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(level_after({.cpu = 1}, 3), 0u);
    EXPECT_EQ(level_after({.cpu = 0.5}, 1), 0u);
  }
}

TEST_F(ReliefTest, HeatIsPressureAtAnyUse) {
  EXPECT_EQ(level_after({.cpu = 0.1, .is_hot = true}, 4), 1u);
  EXPECT_EQ(level_after({.cpu = 0.1, .is_hot = true}, 100), 5u);
}

TEST_F(ReliefTest, FallsByOneEveryTwentySecondsWellBelowTheLimit) {
  level_after({.cpu = 1}, 7);
  EXPECT_EQ(relief.level(), 2u);
  EXPECT_EQ(level_after({.cpu = 0.66}, 1000), 2u) << "between: what there is stays";
  EXPECT_EQ(level_after({.cpu = 0.64}, 20), 2u);
  EXPECT_EQ(level_after({.cpu = 0.64}, 1), 1u);
  EXPECT_EQ(level_after({.cpu = 0.64, .is_hot = true}, 1), 1u);
  EXPECT_EQ(level_after({.cpu = 0.64}, 20), 1u) << "from the beginning";
  EXPECT_EQ(level_after({.cpu = 0.64}, 1), 0u);
  EXPECT_EQ(level_after({.cpu = 0.0}, 100), 0u);
}

}  // namespace
}  // namespace fanlight
