// SPDX-License-Identifier: Apache-2.0
// The arithmetic at the top of frame_ring.h: for any number of viewers and any paces, the frames
// pinned at one time are the newest `window`, and half a window more for each doubling of age.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "core/frame_ring.h"
#include "core/random.h"
#include "tests/core/frame_ring_helper.h"

namespace fanlight {
namespace {

size_t bound(size_t window, size_t octaves) {
  return window + window / 2 * octaves;
}

TEST(FrameRingWindowTest, StepIsThePowerOfTwoBelowTwiceTheAgeOverTheWindow) {
  FrameRing ring({.window = 8, .jpeg_capacity = 100});
  for (const uint64_t intervals : {0u, 1u, 4u, 7u}) EXPECT_EQ(ring.step_for(intervals), 1u);
  EXPECT_EQ(ring.step_for(8), 2u);
  EXPECT_EQ(ring.step_for(15), 2u);
  EXPECT_EQ(ring.step_for(16), 4u);
  EXPECT_EQ(ring.step_for(31), 4u);
  EXPECT_EQ(ring.step_for(32), 8u);
  EXPECT_EQ(ring.step_for(2047), 256u);
  EXPECT_EQ(ring.step_for(2048), 512u);
  EXPECT_EQ(ring.step_for(UINT32_MAX), 1u << 20) << "bounded";
}

// The worst case: for every pace n up to the longest, viewers in every possible phase, so that each
// frame on which a viewer of pace n may start is pinned by one for n intervals.
TEST(FrameRingWindowTest, ViewersOfAnyPaceAndPhasePinNoMoreThanTheBound) {
  constexpr size_t kOctaves = 6;
  for (const size_t window : {2u, 4u, 8u, 16u, 32u}) {
    FrameRing ring({.window = window, .jpeg_capacity = 100});
    const uint64_t longest = (window << kOctaves) - 1;
    const uint64_t period = 2 * ring.step_for(longest);
    for (uint64_t now = 2 * longest; now < 2 * longest + period; ++now) {
      std::set<uint64_t> pinned;
      for (uint64_t pace = 0; pace <= longest; ++pace) {
        const uint64_t step = ring.step_for(pace);
        const uint64_t first = (now - pace + step - 1) / step * step;
        for (uint64_t frame = first; frame <= now; frame += step) pinned.insert(frame);
      }
      ASSERT_LE(pinned.size(), bound(window, kOctaves)) << "window " << window << " at " << now;
      ASSERT_LE(bound(window, kOctaves), ring.places());
    }
  }
}

TEST(FrameRingWindowTest, FortyPlacesSufficeForPacesUpTo68SecondsAt30Fps) {
  constexpr size_t kOctaves = 8;
  EXPECT_EQ(bound(8, kOctaves), 40u);
  EXPECT_EQ((8 << kOctaves) / 30, 68);
  FrameRing ring({.window = 8, .jpeg_capacity = 100});
  EXPECT_EQ(ring.places(), 64u);
}

struct SlowViewer {
  double pace = 1;        // frame intervals that one frame takes
  double arrives_at = 0;  // in frame intervals
  uint64_t measured = 0;  // intervals for its last frame; 0: not known yet
  FrameRef frame;
  double started_at = 0;
  double done_at = 0;
};

// Releases a frame that was sent, and takes the next one on which the viewer may start.
void step_viewer(FrameRing& ring, SlowViewer& viewer, uint64_t sequence, Random& random) {
  const auto now = static_cast<double>(sequence);
  if (viewer.frame && viewer.done_at <= now) {
    viewer.measured = std::max<uint64_t>(1, static_cast<uint64_t>(now - viewer.started_at));
    viewer.frame.reset();
  }
  if (viewer.frame || viewer.arrives_at > now) return;
  const uint64_t step =
      viewer.measured == 0 ? ring.newcomer_step() : ring.step_for(viewer.measured);
  if (sequence % step != 0) return;
  viewer.frame = ring.newer_than(sequence - 1);
  viewer.started_at = now;
  // Pictures vary in size.
  viewer.done_at = now + viewer.pace * (0.9 + 0.2 * random.unit());
}

// The same with a real ring. The viewers' paces are real numbers, vary by 10 %, and must be
// measured: the viewers arrive one by one and take their first frames as newcomers.
TEST(FrameRingWindowTest, ThousandViewersOfAnyPaceNeverExhaustTheRing) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    FrameRing ring({.window = 8, .jpeg_capacity = 100});
    std::vector<SlowViewer> viewers(1000);
    const double arrivals = random.log_uniform(1, 4000);
    for (SlowViewer& viewer : viewers) {
      viewer.pace = random.log_uniform(0.1, 2000);
      viewer.arrives_at = arrivals * random.unit();
    }
    uint64_t most_pinned = 0;
    for (uint64_t sequence = 1; sequence <= 6'000; ++sequence) {
      ASSERT_TRUE(publish_picture(ring, sequence, 20)) << "no place left for " << sequence;
      for (SlowViewer& viewer : viewers) step_viewer(ring, viewer, sequence, random);
      most_pinned = std::max(most_pinned, ring.pinned_places());
      ASSERT_EQ(ring.reclaim_through(), 0u) << "reclaimed at " << sequence;
    }
    EXPECT_GE(most_pinned, 32u) << "the viewers were not slow";
  }
}

}  // namespace
}  // namespace fanlight
