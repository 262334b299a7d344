// SPDX-License-Identifier: Apache-2.0
#include "core/check.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(CheckDeathTest, FailureNamesTheExpressionAndTheLocationAndAborts) {
  const int frames = 3;
  EXPECT_EXIT(CHECK(frames == 4), testing::KilledBySignal(SIGABRT),
              "fanlight: bug: CHECK\\(frames == 4\\) failed at .*check_test\\.cpp:[0-9]+");
}

TEST(CheckTest, TrueConditionIsEvaluatedExactlyOnce) {
  int evaluations = 0;
  CHECK(++evaluations == 1);
  EXPECT_EQ(evaluations, 1);
}

TEST(CheckTest, IsAnExpressionUsableInAnIfWithoutBraces) {
  bool reached_else = false;
  if (testing::UnitTest::GetInstance() == nullptr)
    CHECK(true);
  else
    reached_else = true;
  EXPECT_TRUE(reached_else);
}

}  // namespace
}  // namespace fanlight
