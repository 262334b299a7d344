// SPDX-License-Identifier: Apache-2.0
#include "capture/source/retry_delay.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(RetryDelay, IsTwiceAsLongEachTimeGiveOrTakeAQuarter) {
  RetryDelay delay(1s, 5s, Instant(7s));
  for (int i = 0; i < 2; ++i) {
    for (const Duration expected : {1s, 2s, 4s, 5s, 5s}) {
      const Duration next = delay.next();
      EXPECT_GE(next, expected * 3 / 4);
      EXPECT_LE(next, expected * 5 / 4);
    }
    delay.reset();
  }
}

TEST(RetryDelay, DiffersBetweenThoseWhoTry) {
  EXPECT_NE(RetryDelay(1s, 5s, Instant(7s)).next(), RetryDelay(1s, 5s, Instant(8s)).next());
}

}  // namespace
}  // namespace fanlight
