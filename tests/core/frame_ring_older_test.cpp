// SPDX-License-Identifier: Apache-2.0
// Older frames of the ring, for readers that request a frame by its number.
#include <gtest/gtest.h>

#include <deque>

#include "core/frame_ring.h"
#include "tests/core/frame_ring_helper.h"

namespace fanlight {
namespace {

// 16 places; a picture takes one page.
constexpr FrameRingConfig kSmall{.window = 2, .jpeg_capacity = 1000, .memory_limit = 1 << 20};
constexpr Instant kLater{1h};

void publish_pictures(FrameRing& ring, uint64_t begin, uint64_t end) {
  for (uint64_t sequence = begin; sequence < end; ++sequence) {
    ASSERT_TRUE(publish_picture(ring, sequence));
  }
}

TEST(FrameRingOlderTest, FindsAFrameUntilItsPlaceIsReused) {
  FrameRing ring(kSmall);
  EXPECT_FALSE(ring.find(0));
  EXPECT_FALSE(ring.find(1));
  EXPECT_EQ(ring.oldest_sequence(), 0u);
  ring.keep_older_until(kLater);
  publish_pictures(ring, 1, 31);
  EXPECT_EQ(ring.oldest_sequence(), 15u);
  EXPECT_FALSE(ring.find(0)) << "the number of a place without a picture";
  for (uint64_t sequence = 1; sequence <= 32; ++sequence) {
    const FrameRef found = ring.find(sequence);
    ASSERT_EQ(bool(found), sequence >= 15 && sequence <= 30) << sequence;
    if (!found) continue;
    EXPECT_EQ(found->sequence(), sequence);
    expect_whole(found);
  }
}

TEST(FrameRingOlderTest, AFoundFrameIsUnchangedUntilItIsReleased) {
  FrameRing ring(kSmall);
  ring.keep_older_until(kLater);
  publish_pictures(ring, 1, 10);
  FrameRef found = ring.find(3);
  publish_pictures(ring, 10, 60);
  EXPECT_EQ(found->sequence(), 3u);
  expect_whole(found);
  EXPECT_EQ(ring.oldest_sequence(), 3u);
  found.reset();
  publish_pictures(ring, 60, 61);
  EXPECT_FALSE(ring.find(3)) << "the oldest place is the next to be reused";
  EXPECT_EQ(ring.oldest_sequence(), 45u);
}

// frame_info(): frame n is captured at n ms.
TEST(FrameRingOlderTest, KeepsThemUntilTheInstantThatIsLatest) {
  FrameRing ring(kSmall);
  ring.keep_older_until(Instant(20ms));
  ring.keep_older_until(Instant(5ms));
  publish_pictures(ring, 1, 22);
  EXPECT_EQ(ring.oldest_sequence(), 5u);
  publish_pictures(ring, 22, 60);
  size_t found = 0;
  for (uint64_t sequence = 22; sequence < 60; ++sequence) found += bool(ring.find(sequence));
  EXPECT_EQ(found, 2u) << "places that were used last come first again";
}

// What viewers hold counts first: a kept place is a free one.
TEST(FrameRingOlderTest, NoFrameIsDroppedToKeepAnother) {
  FrameRing ring(kSmall);
  ring.keep_older_until(kLater);
  std::deque<FrameRef> pins;
  for (uint64_t sequence = 1; sequence < 15; ++sequence) {
    publish_picture(ring, sequence);
    pins.push_back(ring.newer_than(sequence - 1));
  }
  publish_pictures(ring, 15, 100);
  EXPECT_EQ(ring.stats().dropped_no_place.value(), 0u);
  for (const FrameRef& pin : pins) expect_whole(pin);
}

// Its release was requested once, and would not be requested again.
TEST(FrameRingOlderTest, WhatMustBeReleasedIsNotFound) {
  FrameRing ring(kSmall);
  ring.keep_older_until(kLater);
  std::deque<FrameRef> pins;
  for (uint64_t sequence = 1; sequence <= 16; ++sequence) {
    ASSERT_TRUE(publish_picture(ring, sequence));
    pins.push_back(ring.newer_than(sequence - 1));
  }
  const uint64_t through = ring.reclaim_through();
  ASSERT_GE(through, 1u);
  EXPECT_FALSE(ring.find(through));
  EXPECT_TRUE(ring.find(through + 1));
  EXPECT_EQ(ring.oldest_sequence(), through + 1);
  while (pins.front()->sequence() <= through) pins.pop_front();
  EXPECT_TRUE(publish_picture(ring, 17));
}

TEST(FrameRingOlderTest, TheOldestGiveWayToTheLimitOfMemory) {
  FrameRing ring({.window = 2, .jpeg_capacity = 1000, .memory_limit = 5 * page_size()});
  ring.keep_older_until(kLater);
  publish_pictures(ring, 1, 40);
  EXPECT_EQ(ring.touched_bytes(), 5 * page_size());
  EXPECT_EQ(ring.oldest_sequence(), 35u);
  for (uint64_t sequence = 35; sequence < 40; ++sequence) expect_whole(ring.find(sequence));
}

}  // namespace
}  // namespace fanlight
