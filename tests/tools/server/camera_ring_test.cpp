// SPDX-License-Identifier: Apache-2.0
#include "tools/server/camera_ring.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

SourceFormat format_at(Duration interval) {
  return {.width = 640, .height = 480, .interval = interval};
}

size_t window_at(Duration interval, size_t wanted = 0) {
  Options options;
  options.ring_slots = wanted;
  return ring_config(format_at(interval), options, BackendKind::uring).window;
}

TEST(CameraRing, WindowIsAQuarterOfASecond) {
  EXPECT_EQ(window_at(Duration::zero()), 8u) << "the rate is not known";
  EXPECT_EQ(window_at(1s), 8u);
  EXPECT_EQ(window_at(33ms), 8u);
  EXPECT_EQ(window_at(Duration(1s) / 60), 16u);
  EXPECT_EQ(window_at(Duration(1s) / 240), 32u);
  EXPECT_EQ(window_at(33ms, 4), 4u) << "--ring-slots";
}

TEST(CameraRing, OnlyZeroCopyOfEpollDetachesPages) {
  Options options;
  EXPECT_FALSE(ring_config(format_at(33ms), options, BackendKind::epoll).detach_pages);
  options.zero_copy = ZeroCopyMode::on;
  EXPECT_TRUE(ring_config(format_at(33ms), options, BackendKind::epoll).detach_pages);
  EXPECT_FALSE(ring_config(format_at(33ms), options, BackendKind::uring).detach_pages);
}

// A camera may return with larger pictures.
TEST(CameraRing, PlacesAreAsLargeAsTheFrameMemory) {
  Options options;
  options.frame_memory = 16 << 20;
  const auto ring = make_ring(format_at(33ms), {}, options, BackendKind::uring);
  EXPECT_EQ(ring->jpeg_capacity(), size_t{16} << 20);
  EXPECT_EQ(ring->memory_limit(), size_t{16} << 20);
}

}  // namespace
}  // namespace fanlight
