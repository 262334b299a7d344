// SPDX-License-Identifier: Apache-2.0
#include "core/counter.h"

#include <gtest/gtest.h>

#include <thread>

namespace fanlight {
namespace {

TEST(CounterTest, StartsAtZeroAndFollowsItsWriter) {
  Counter counter;
  EXPECT_EQ(counter.value(), 0u);
  counter.add();
  counter.add(41);
  EXPECT_EQ(counter.value(), 42u);
  counter.subtract();
  counter.subtract(11);
  EXPECT_EQ(counter.value(), 30u);
  counter.set(7);
  EXPECT_EQ(counter.value(), 7u);
}

TEST(CounterTest, ReaderInAnotherThreadSeesEveryIncrement) {
  constexpr uint64_t kAdds = 100'000;
  Counter counter;
  std::thread writer([&] {
    for (uint64_t i = 0; i < kAdds; ++i) counter.add();
  });
  uint64_t last = 0;
  bool rose = true;
  while (last < kAdds && rose) {
    const uint64_t value = counter.value();
    rose = value >= last;
    last = value;
  }
  writer.join();
  EXPECT_TRUE(rose);
  EXPECT_EQ(counter.value(), kAdds);
}

}  // namespace
}  // namespace fanlight
