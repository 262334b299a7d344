// SPDX-License-Identifier: Apache-2.0
#include "capture/draw/motif.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(Motif, IsASymmetricHalfCircleAboveItsSill) {
  Canvas canvas(200, 200);
  draw_fanlight(canvas, {100, 120}, 90, kWhite);
  const RawView view = canvas.view();
  const auto at = [&](int x, int y) { return view.planes[0][y * view.strides[0] + x]; };
  for (int y = 0; y < 200; ++y) {
    for (int x = 0; x < 100; ++x) EXPECT_NEAR(at(x, y), at(199 - x, y), 2) << x << ',' << y;
  }
  EXPECT_GT(at(100, 30), 200) << "the arc's top";
  EXPECT_GT(at(30, 120), 200) << "the sill";
  EXPECT_EQ(at(100, 130), 0) << "nothing below";
  EXPECT_EQ(at(20, 40), 0) << "nothing outside";
  EXPECT_EQ(at(100, 110), 0) << "the hub is open";
}

}  // namespace
}  // namespace fanlight
