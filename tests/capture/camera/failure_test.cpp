// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/failure.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <future>

namespace fanlight {
namespace {

std::string words(int error) {
  return failure_in_words({error, std::system_category()});
}

TEST(Failure, DescribesCameraErrnos) {
  EXPECT_EQ(words(ENODEV), "unplugged");
  EXPECT_EQ(words(EBUSY), "in use by another program");
  EXPECT_EQ(words(ENOLINK), "no signal: is the source connected and on?");
  EXPECT_EQ(failure_in_words(std::make_error_code(std::errc::io_error)), "device or cable failure");
}

TEST(Failure, DescribesOtherErrnosLikeTheSystem) {
  EXPECT_EQ(words(EDOM), "Numerical argument out of domain");
  // In another category, a number equal to an errno means something else.
  const std::error_code other(ENODEV, std::future_category());
  EXPECT_EQ(failure_in_words(other), other.message());
}

TEST(Failure, FitsOnASlateWithItsPrefix) {
  for (int error = 1; error < 134; ++error) EXPECT_LE(words(error).size(), 60u) << error;
}

}  // namespace
}  // namespace fanlight
