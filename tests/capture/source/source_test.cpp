// SPDX-License-Identifier: Apache-2.0
#include "capture/source/source.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace fanlight {
namespace {

SourceOptions with_size(int width, int height) {
  SourceOptions options;
  options.width = width;
  options.height = height;
  return options;
}

SourceOptions with_fps(double fps) {
  SourceOptions options;
  options.fps = fps;
  return options;
}

TEST(Source, UsesTheSourcesDefaults) {
  const SourceFormat format = drawn_format({}, 640, 480, 4);
  EXPECT_EQ(format.width, 640);
  EXPECT_EQ(format.height, 480);
  EXPECT_EQ(format.interval, 250ms);
  EXPECT_EQ(format.jpeg_bytes_max, 0u);
}

TEST(Source, GrantsTheRequestedSizeWithinLimits) {
  EXPECT_EQ(drawn_format(with_size(160, 120), 640, 480, 1).width, 160);
  EXPECT_EQ(drawn_format(with_size(7680, 4320), 640, 480, 1).height, 4320);
  EXPECT_THROW(drawn_format(with_size(159, 120), 640, 480, 1), std::invalid_argument);
  EXPECT_THROW(drawn_format(with_size(160, 119), 640, 480, 1), std::invalid_argument);
  EXPECT_THROW(drawn_format(with_size(7681, 4320), 640, 480, 1), std::invalid_argument);
  EXPECT_THROW(drawn_format(with_size(7680, 4321), 640, 480, 1), std::invalid_argument);
  EXPECT_THROW(drawn_format(with_size(640, 0), 640, 480, 1), std::invalid_argument);
}

TEST(Source, LimitsTheRate) {
  EXPECT_EQ(frame_interval(with_fps(0.01), 1), 100s);
  EXPECT_EQ(frame_interval(with_fps(0.5), 1), 2s);
  EXPECT_EQ(frame_interval({}, 10), 100ms);
  EXPECT_THROW(frame_interval(with_fps(0.009), 1), std::invalid_argument);
  EXPECT_THROW(frame_interval(with_fps(-1), 1), std::invalid_argument);
  EXPECT_THROW(frame_interval(with_fps(241), 1), std::invalid_argument);
  EXPECT_THROW(frame_interval(with_fps(std::numeric_limits<double>::quiet_NaN()), 1),
               std::invalid_argument);
}

}  // namespace
}  // namespace fanlight
