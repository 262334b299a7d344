// SPDX-License-Identifier: Apache-2.0
// The ring when places or memory run short.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>

#include <deque>
#include <vector>

#include "core/frame_ring.h"
#include "core/random.h"
#include "tests/core/frame_ring_helper.h"

namespace fanlight {
namespace {

// 16 places whose pictures take one page each, and enough memory for all of them.
constexpr FrameRingConfig kSmall{.window = 2, .jpeg_capacity = 1000, .memory_limit = 1 << 20};

bool take_wake(Waker& waker) {
  pollfd ready{waker.fd(), POLLIN, 0};
  const bool woken = ::poll(&ready, 1, 0) == 1;
  waker.drain();
  return woken;
}

// Publishes and pins the frames begin..end-1.
void publish_pinned(FrameRing& ring, std::deque<FrameRef>& pins, uint64_t begin, uint64_t end,
                    size_t size = 100) {
  for (uint64_t sequence = begin; sequence < end; ++sequence) {
    ASSERT_TRUE(publish_picture(ring, sequence, size));
    pins.push_back(ring.newer_than(sequence - 1));
  }
}

// Releases the frames that the ring reclaims, as shards do.
void let_go(FrameRing& ring, std::deque<FrameRef>& pins) {
  while (!pins.empty() && pins.front()->sequence() <= ring.reclaim_through()) pins.pop_front();
}

TEST(FrameRingShortageTest, DropsAndCountsAFrameWhenAllPlacesArePinned) {
  FrameRing ring(kSmall);
  std::deque<FrameRef> pins;
  publish_pinned(ring, pins, 1, 17);
  EXPECT_EQ(ring.stats().dropped_no_place.value(), 0u);
  EXPECT_FALSE(publish_picture(ring, 17));
  EXPECT_FALSE(publish_picture(ring, 18));
  EXPECT_EQ(ring.stats().dropped_no_place.value(), 2u);
  for (const FrameRef& pin : pins) expect_whole(pin);
  EXPECT_EQ(ring.pinned_places(), 16u);
  pins.pop_front();
  EXPECT_TRUE(publish_picture(ring, 19));
}

TEST(FrameRingShortageTest, NewestFramesPlaceIsNeverAcquired) {
  FrameRing ring(kSmall);
  publish_picture(ring, 1);
  std::vector<FramePlace> places;
  while (const FrameRing::Acquired acquired = ring.acquire()) places.push_back(acquired.place);
  EXPECT_EQ(places.size(), ring.places() - 1);
  expect_whole(ring.newer_than(0));
  for (const FramePlace& place : places) ring.abandon(place);
}

TEST(FrameRingShortageTest, ReclaimsTheOldestFrameWhenOnePlaceIsLeft) {
  FrameRing ring(kSmall);
  std::deque<FrameRef> pins;
  publish_pinned(ring, pins, 1, 15);
  EXPECT_EQ(ring.reclaim_through(), 0u) << "two places are free";
  publish_pinned(ring, pins, 15, 16);
  EXPECT_EQ(ring.reclaim_through(), 1u);
  EXPECT_EQ(ring.stats().reclaims.value(), 1u);
  let_go(ring, pins);
  for (uint64_t sequence = 16; sequence < 200; ++sequence) {
    publish_pinned(ring, pins, sequence, sequence + 1);
    let_go(ring, pins);
  }
  EXPECT_EQ(ring.stats().dropped_no_place.value(), 0u);
}

// No publish follows that would wake them.
TEST(FrameRingShortageTest, WakesReadersWhenNoPlaceIsLeft) {
  FrameRing ring(kSmall);
  Waker reader;
  ring.add_reader(&reader);
  std::deque<FrameRef> pins;
  publish_pinned(ring, pins, 1, 16);
  let_go(ring, pins);
  const FrameRing::Acquired first = ring.acquire();
  const FrameRing::Acquired second = ring.acquire();
  ASSERT_TRUE(first && second);
  take_wake(reader);
  ASSERT_EQ(ring.reclaim_through(), 1u);
  EXPECT_FALSE(ring.acquire());
  EXPECT_EQ(ring.reclaim_through(), 2u);
  EXPECT_TRUE(take_wake(reader));
  EXPECT_FALSE(ring.acquire());
  EXPECT_FALSE(take_wake(reader)) << "they were woken already";
  ring.abandon(first.place);
  ring.abandon(second.place);
}

TEST(FrameRingShortageTest, ReclaimsOneFrameAtATime) {
  FrameRing ring(kSmall);
  std::deque<FrameRef> pins;
  publish_pinned(ring, pins, 1, 16);
  ASSERT_EQ(ring.reclaim_through(), 1u);
  publish_pinned(ring, pins, 16, 17);
  EXPECT_FALSE(ring.acquire());
  EXPECT_EQ(ring.reclaim_through(), 1u) << "one after the other, not all viewers at once";
  EXPECT_EQ(ring.stats().reclaims.value(), 1u);
}

// With parallel encoders, a place under write still has the number of its last frame, which is
// older than any frame that readers hold; reclaiming that one would never free anything.
TEST(FrameRingShortageTest, PlaceBeingWrittenIsNotTheOldestFrame) {
  FrameRing ring(kSmall);
  publish_picture(ring, 1);
  publish_picture(ring, 2);
  const FrameRing::Acquired being_encoded = ring.acquire();
  ASSERT_TRUE(being_encoded);
  std::deque<FrameRef> pins;
  publish_pinned(ring, pins, 3, 17);
  EXPECT_EQ(ring.reclaim_through(), 3u);
  ring.abandon(being_encoded.place);
}

TEST(FrameRingShortageTest, NewestFrameIsNotReclaimed) {
  FrameRing ring({.window = 2, .jpeg_capacity = 100'000, .memory_limit = 10'000});
  publish_picture(ring, 1, 100'000);
  const FrameRef ref = ring.newer_than(0);
  EXPECT_EQ(ring.reclaim_through(), 0u) << "no frame would be left to show";
}

TEST(FrameRingShortageTest, NewcomerStepGrowsEightfoldPerHalvingOfFreePlaces) {
  FrameRing ring({.window = 8, .jpeg_capacity = 100, .memory_limit = 1 << 20});
  ASSERT_EQ(ring.places(), 64u);
  std::deque<FrameRef> pins;
  std::vector<uint32_t> steps{0};
  for (uint64_t sequence = 1; sequence <= 62; ++sequence) {
    publish_pinned(ring, pins, sequence, sequence + 1);
    steps.push_back(ring.newcomer_step());
  }
  EXPECT_EQ(steps[1], 1u);
  EXPECT_EQ(steps[13], 1u);
  EXPECT_EQ(steps[14], 2u);
  EXPECT_EQ(steps[31], 4u);
  EXPECT_EQ(steps[32], 8u);
  EXPECT_EQ(steps[48], 64u);
  EXPECT_EQ(steps[56], 512u);
  EXPECT_EQ(steps[60], 1024u);
  EXPECT_EQ(steps[62], 1024u) << "a newcomer is not kept waiting forever";
  pins.clear();
  publish_picture(ring, 63);
  EXPECT_EQ(ring.newcomer_step(), 1u);
}

TEST(FrameRingShortageTest, NewcomerStepFollowsMemoryToo) {
  const size_t page = page_size();
  FrameRing ring({.window = 8, .jpeg_capacity = 100, .memory_limit = 8 * page});
  std::deque<FrameRef> pins;
  publish_pinned(ring, pins, 1, 2);
  EXPECT_EQ(ring.newcomer_step(), 1u);
  publish_pinned(ring, pins, 2, 5);
  EXPECT_EQ(ring.newcomer_step(), 4u) << "three of seven pages are held";
  publish_pinned(ring, pins, 5, 7);
  EXPECT_EQ(ring.newcomer_step(), 32u);
}

// The first viewer of a camera with large pictures used to wait for eight seconds.
TEST(FrameRingShortageTest, LargePicturesDoNotDelayNewcomers) {
  constexpr size_t kLimit = 1 << 20;
  for (const size_t size :
       {kLimit / 5, kLimit / 3, kLimit / 2, kLimit - 8192, kLimit, 3 * kLimit}) {
    FrameRing ring({.window = 8, .jpeg_capacity = size, .memory_limit = kLimit});
    for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
      publish_picture(ring, sequence, size);
      EXPECT_EQ(ring.newcomer_step(), 1u) << size << " bytes of " << kLimit;
    }
  }
}

TEST(FrameRingShortageTest, NewcomersShareLargePicturesWhenOneIsHeld) {
  constexpr size_t kLimit = 1 << 20;
  const auto step_with_one_held = [](size_t size) {
    FrameRing ring({.window = 8, .jpeg_capacity = size, .memory_limit = kLimit});
    publish_picture(ring, 1, size);
    const FrameRef held = ring.newer_than(0);
    publish_picture(ring, 2, size);
    return ring.newcomer_step();
  };
  EXPECT_EQ(step_with_one_held(kLimit / 5), 2u);
  EXPECT_EQ(step_with_one_held(kLimit / 3), 8u);
  EXPECT_EQ(step_with_one_held(kLimit), FrameRing::kNewcomerStepMax) << "there is no room for two";
}

// The limit must hold if a camera's pictures grow: releasing one small old frame for each large new
// one would not be enough.
TEST(FrameRingShortageTest, MemoryLimitHoldsWhenPicturesGrow) {
  constexpr size_t kLimit = 1 << 20;
  constexpr size_t kLarge = 200'000;
  FrameRing ring({.window = 8, .jpeg_capacity = kLarge, .memory_limit = kLimit});
  std::deque<FrameRef> pins;
  publish_pinned(ring, pins, 1, 61, 10'000);
  EXPECT_EQ(ring.reclaim_through(), 0u);
  for (uint64_t sequence = 61; sequence < 200; ++sequence) {
    publish_pinned(ring, pins, sequence, sequence + 1, kLarge);
    let_go(ring, pins);
    EXPECT_LE(pins.size() * 10'000, kLimit);
    // The newest frame was counted before any reader could release one for it.
    ASSERT_LE(ring.touched_bytes(), kLimit + 2 * (kLarge + page_size())) << "at " << sequence;
  }
  EXPECT_GT(ring.stats().reclaims.value(), 0u);
  EXPECT_EQ(ring.stats().dropped_no_place.value(), 0u);
}

// Whoever reads a frame that need not be reclaimed would be disconnected for nothing.
TEST(FrameRingShortageTest, ReclaimsNoMoreFramesThanTheExcessTakes) {
  FrameRing ring({.window = 2, .jpeg_capacity = 1000, .memory_limit = 4 * page_size()});
  std::deque<FrameRef> pins;
  publish_pinned(ring, pins, 1, 5);
  EXPECT_EQ(ring.reclaim_through(), 0u) << "four pages are the limit";
  publish_pinned(ring, pins, 5, 6);
  EXPECT_EQ(ring.reclaim_through(), 1u);
  publish_pinned(ring, pins, 6, 7);
  EXPECT_EQ(ring.reclaim_through(), 2u);
  EXPECT_EQ(ring.stats().reclaims.value(), 2u);
}

TEST(FrameRingShortageTest, ReturnsMemoryOfTheFirstPlaceToo) {
  FrameRing ring({.window = 2, .jpeg_capacity = 1000, .memory_limit = page_size()});
  publish_picture(ring, 1);
  ASSERT_EQ(ring.newer_than(0)->place(), 0u);
  publish_picture(ring, 2);
  EXPECT_EQ(ring.touched_bytes(), page_size());
}

TEST(FrameRingShortageTest, ReturnsMemoryOfFreePlacesToTheKernel) {
  constexpr size_t kSize = 100'000;
  FrameRing ring({.window = 2, .jpeg_capacity = kSize, .memory_limit = 500'000});
  std::deque<FrameRef> pins;
  publish_pinned(ring, pins, 1, 5, kSize);
  const size_t place_bytes = ring.touched_bytes() / 4;
  EXPECT_GE(place_bytes, kSize);
  EXPECT_LT(place_bytes, kSize + kPartHeadroom + kPartTailSize + page_size());
  std::vector<char*> pages;
  for (const FrameRef& pin : pins) {
    const auto address = reinterpret_cast<uintptr_t>(pin->jpeg().data());
    pages.push_back(reinterpret_cast<char*>(address / page_size() * page_size()));
  }
  publish_pinned(ring, pins, 5, 6, kSize);
  const FrameRef kept = std::move(pins.back());
  pins.clear();
  const uint32_t kept_place = kept->place();
  publish_picture(ring, 6, kSize);  // into a free place that has memory already
  EXPECT_LE(ring.touched_bytes(), 5 * place_bytes);
  EXPECT_NE(ring.newer_than(0)->place(), kept_place);

  // 5 places of 100 KB are more than 500 KB: the free ones were emptied, the two in use were not.
  EXPECT_EQ(ring.touched_bytes(), 2 * place_bytes);
  size_t resident = 0;
  for (char* page : pages) {
    unsigned char flags = 0;
    ASSERT_EQ(::mincore(page, page_size(), &flags), 0);
    resident += flags & 1;
  }
  EXPECT_EQ(resident, 1u) << "of the first four places the newest frame took one";
  expect_whole(kept);
  expect_whole(ring.newer_than(0));
}

}  // namespace
}  // namespace fanlight
