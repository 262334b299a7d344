// SPDX-License-Identifier: Apache-2.0
#include "tools/server/farewell.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(Farewell, SummarizesTheRun) {
  EXPECT_EQ(farewell_text({.uptime = 12s + 900ms}),
            "stopped after 12 s: 0 viewers; 0 pictures, 0 B sent");
  EXPECT_EQ(farewell_text({.uptime = 2h + 5min,
                           .viewers = 153,
                           .most = 12,
                           .pictures = 4711,
                           .bytes = 1'340'000'000,
                           .skipped = 7,
                           .refused = 2}),
            "stopped after 2 h 5 min: 153 viewers, at most 12 at once; 4711 pictures, 1.3 GB sent; "
            "7 skipped for slow viewers; 2 refused (503)");
  EXPECT_EQ(farewell_text({.uptime = 61s, .viewers = 1, .most = 1, .pictures = 1, .bytes = 999}),
            "stopped after 1 min 1 s: 1 viewer; 1 picture, 999 B sent");
  EXPECT_EQ(farewell_text({.uptime = 50h, .bytes = 999'600}),
            "stopped after 2 d 2 h: 0 viewers; 0 pictures, 1.0 MB sent");
}

}  // namespace
}  // namespace fanlight
