// SPDX-License-Identifier: Apache-2.0
#include "http/answer/picture_fields.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/core/frame_ring_helper.h"

namespace fanlight {
namespace {

TEST(PictureFields, StateWhichPictureItIs) {
  FrameRing ring({.window = 2, .jpeg_capacity = 1000, .memory_limit = 1 << 20});
  ASSERT_TRUE(publish_picture(ring, 26));
  const FrameRef frame = ring.newer_than(0);
  const FrameTag tag(*frame);
  EXPECT_EQ(tag.etag(), "\"1a-18cba87\"");  // 26, and 26,000,007 us
  std::array<char, 1024> room;
  ResponseHead head(room, 200, ResponseContext{});
  add_picture_fields(head, *frame, tag, "no-cache");
  EXPECT_NE(head.finish().find("\r\nETag: \"1a-18cba87\"\r\nCache-Control: no-cache\r\n"
                               "X-Timestamp: 26.000007\r\nX-Sequence: 26\r\n"),
            std::string_view::npos);
}

}  // namespace
}  // namespace fanlight
