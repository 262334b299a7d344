// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/frame_ring.h"
#include "tests/core/frame_ring_helper.h"

namespace fanlight {
namespace {

constexpr SegmentGrid kGrid{.width = 64, .height = 16, .columns = 3, .rows = 2};
constexpr size_t kSegmentBytes = 10;
constexpr size_t kCapacity = 4096;

// Publishes frames whose head is `head`, and whose six segments are of one size.
struct FrameRingSegmentsTest : testing::Test {
  FrameRing ring{{.window = 2, .jpeg_capacity = kCapacity, .memory_limit = 1 << 20}};

  FrameRef publish(uint64_t sequence, std::string_view head, const std::vector<uint32_t>& ages,
                   const SegmentGrid& grid = kGrid) {
    std::string jpeg(head);
    const FrameRing::Acquired acquired = ring.acquire();
    const size_t size = jpeg.size() + ages.size() * (kSegmentBytes + kSegmentMarkerBytes);
    const std::span<Segment> room = ring.segment_room(acquired.place, size);
    for (size_t i = 0; i < ages.size(); ++i) {
      room[i] = {static_cast<uint32_t>(jpeg.size()), ages[i]};
      jpeg += std::string(kSegmentBytes, static_cast<char>('a' + i)) + "RS";
    }
    room[ages.size()] = {static_cast<uint32_t>(size), 0};
    std::copy(jpeg.begin(), jpeg.end(), reinterpret_cast<char*>(acquired.place.jpeg.data()));
    ring.publish(acquired.place, size, frame_info(sequence), grid);
    return ring.newer_than(sequence - 1);
  }
  FrameRef publish_undivided(uint64_t sequence, std::string_view slate = {}) {
    const FrameRing::Acquired acquired = ring.acquire();
    FrameInfo info = frame_info(sequence);
    info.slate_reason = SlateReason(slate);
    ring.publish(acquired.place, 100, info);
    return ring.newer_than(sequence - 1);
  }
};

TEST_F(FrameRingSegmentsTest, FrameHasTheSegmentsThatItWasPublishedWith) {
  const FrameRef frame = publish(1, "head", {0, 0, 0, 0, 0, 0});
  const SegmentIndex index = frame->segments();
  EXPECT_EQ(index.grid, kGrid);
  EXPECT_EQ(index.jpeg, frame->jpeg());
  EXPECT_EQ(index.head(), "head");
  EXPECT_EQ(index.bytes_of(0), std::string(kSegmentBytes, 'a'));
  EXPECT_EQ(index.bytes_of(5), std::string(kSegmentBytes, 'f'));
  EXPECT_TRUE(frame->plain_part().ends_with(kPartDelimiter)) << "the list is behind the part";
}

TEST_F(FrameRingSegmentsTest, FrameThatIsNotDividedUpdatesOnlyItself) {
  const FrameRef frame = publish_undivided(7);
  EXPECT_TRUE(frame->segments().empty());
  EXPECT_FALSE(frame->can_update(6));
  EXPECT_TRUE(frame->can_update(7));
  EXPECT_TRUE(frame->is_same_as(7));
  EXPECT_FALSE(frame->can_update(8));
}

TEST_F(FrameRingSegmentsTest, SlateIsAlwaysSentWhole) {
  EXPECT_FALSE(publish_undivided(1, "camera lost")->can_update(1));
}

TEST_F(FrameRingSegmentsTest, FramesOfOneShapeUpdateOneAnother) {
  publish(3, "head", {0, 0, 0, 0, 0, 0});
  publish(4, "head", {0, 1, 1, 1, 1, 1});
  const FrameRef frame = publish(6, "head", {2, 3, 3, 3, 3, 3});
  EXPECT_FALSE(frame->can_update(2));
  EXPECT_TRUE(frame->can_update(3));
  EXPECT_FALSE(frame->is_same_as(3));
  EXPECT_TRUE(frame->is_same_as(4)) << "the newest change was in frame 4";
  EXPECT_TRUE(frame->is_same_as(6));
}

TEST_F(FrameRingSegmentsTest, AnotherHeadOrGridBeginsAnew) {
  publish(1, "head", {0, 0, 0, 0, 0, 0});
  EXPECT_FALSE(publish(2, "deaf", {1, 1, 1, 1, 1, 1})->can_update(1));
  EXPECT_FALSE(publish(3, "longer", {1, 1, 1, 1, 1, 1})->can_update(2));
  constexpr SegmentGrid kOther{.width = 96, .height = 16, .columns = 2, .rows = 3};
  EXPECT_FALSE(publish(4, "longer", {1, 1, 1, 1, 1, 1}, kOther)->can_update(3));
  EXPECT_TRUE(publish(5, "longer", {0, 1, 1, 1, 1, 1}, kOther)->can_update(4));
}

TEST_F(FrameRingSegmentsTest, SlatesAndUndividedFramesBeginAnew) {
  publish(1, "head", {0, 0, 0, 0, 0, 0});
  publish_undivided(2, "camera lost");
  EXPECT_FALSE(publish(3, "head", {2, 2, 2, 2, 2, 2})->can_update(1));
  publish_undivided(4);
  const FrameRef frame = publish(5, "head", {4, 4, 4, 4, 4, 4});
  EXPECT_FALSE(frame->can_update(3));
  EXPECT_FALSE(frame->can_update(4)) << "its picture may differ anywhere";
  EXPECT_TRUE(frame->is_same_as(5));
}

TEST_F(FrameRingSegmentsTest, LargestPictureHasRoomForItsSegments) {
  const FrameRing::Acquired acquired = ring.acquire();
  const std::span<Segment> room = ring.segment_room(acquired.place, kCapacity);
  ASSERT_EQ(ring.segments_max(), kCapacity / 64);
  ASSERT_EQ(room.size(), ring.segments_max() + 1);
  const auto grid = SegmentGrid{.width = 16, .height = 16, .columns = 16, .rows = 4};
  for (Segment& segment : room) segment = {0, 0};
  ring.publish(acquired.place, kCapacity, frame_info(1), grid);
  EXPECT_GE(ring.touched_bytes(), kCapacity + room.size_bytes());
}

TEST_F(FrameRingSegmentsTest, WantsSegmentsWhileSomebodyWatchesUpdates) {
  EXPECT_FALSE(ring.wants_segments());
  ring.watch_updates();
  ring.watch_updates();
  ring.unwatch_updates();
  EXPECT_TRUE(ring.wants_segments());
  ring.unwatch_updates();
  EXPECT_FALSE(ring.wants_segments());
}

TEST_F(FrameRingSegmentsTest, WantsSegmentsUntilAFrameCapturedLater) {
  const Instant captured = publish(1, "head", {1, 1, 1, 1, 1, 1})->info().captured_at;
  ring.divide_until(captured);
  EXPECT_FALSE(ring.wants_segments());
  ring.divide_until(captured + 1ns);
  ring.divide_until(captured - 1s);
  EXPECT_TRUE(ring.wants_segments()) << "an earlier instant has no effect";
  publish(2, "head", {2, 2, 2, 2, 2, 2});
  EXPECT_FALSE(ring.wants_segments());
}

}  // namespace
}  // namespace fanlight
