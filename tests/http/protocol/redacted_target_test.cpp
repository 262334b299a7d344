// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/redacted_target.h"

#include <gtest/gtest.h>

#include <string>

namespace fanlight {
namespace {

std::string redacted(std::string_view target) {
  return std::string(RedactedTarget<40>(target).view());
}

TEST(RedactedTarget, HidesSignatures) {
  EXPECT_EQ(redacted("/stream?exp=1&cam=a&sig=5-secret"), "/stream?exp=1&cam=a&sig=***");
  EXPECT_EQ(redacted("/stream?sig=secret&cam=a&sig=secret"), "/stream?sig=***&cam=a&sig=***");
  EXPECT_EQ(redacted("/stream?sig=secret?sig=secret&&"), "/stream?sig=***&&");
  EXPECT_EQ(redacted("http://h/?sig="), "http://h/?sig=***");
}

TEST(RedactedTarget, LeavesTheRest) {
  for (const char* target :
       {"", "/", "/sig=a", "?", "/?", "/?&", "/?sig", "/?sign=a", "/?a=sig=b", "/?design=a"}) {
    EXPECT_EQ(redacted(target), target);
  }
}

TEST(RedactedTarget, CutsWhatIsTooLong) {
  EXPECT_EQ(redacted("/" + std::string(100, 'a')), "/" + std::string(39, 'a'));
  EXPECT_EQ(redacted("/" + std::string(30, 'a') + "?sig=secret&b=cdefgh"),
            "/" + std::string(30, 'a') + "?sig=***&");
}

}  // namespace
}  // namespace fanlight
