// SPDX-License-Identifier: Apache-2.0
#include "tools/options/limit_options.h"

#include <gtest/gtest.h>

#include "tests/tools/options/one_option.h"

namespace fanlight {
namespace {

TEST(LimitOptions, DefaultsAreValid) {
  for (const Option& option : limit_options()) {
    ASSERT_NE(find_option(option.name), nullptr) << option.name;
    EXPECT_EQ(mistake(option.name, std::string(option.default_text)), "accepted") << option.name;
  }
}

TEST(LimitOptions, Viewers) {
  EXPECT_EQ(options_after("max-viewers", "auto").max_viewers, 0u);
  EXPECT_EQ(options_after("max-viewers", "1000000").max_viewers, 1'000'000u);
  EXPECT_NE(mistake("max-viewers", "1000001"), "accepted");
  EXPECT_NE(mistake("max-viewers", "0"), "accepted");
  EXPECT_EQ(options_after("max-viewers-per-address", "off").max_viewers_per_address, 0u);
  EXPECT_FALSE(options_after("max-connections-per-address", "auto").max_connections_per_address);
  EXPECT_EQ(options_after("max-connections-per-address", "off").max_connections_per_address, 0u);
}

TEST(LimitOptions, TheNetworkAndTheProcessor) {
  EXPECT_FALSE(options_after("max-egress", "auto").max_egress);
  EXPECT_EQ(options_after("max-egress", "off").max_egress, 0u);
  EXPECT_EQ(options_after("min-fps", "0.01").min_fps, 0.01);
  EXPECT_NE(mistake("min-fps", "0.009"), "accepted");
  EXPECT_NE(mistake("min-fps", "241"), "accepted");
  EXPECT_FALSE(options_after("max-cpu", "off").max_cpu);
  EXPECT_EQ(options_after("max-cpu", "62.5%").max_cpu, 0.625);
}

}  // namespace
}  // namespace fanlight
