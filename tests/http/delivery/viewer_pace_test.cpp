// SPDX-License-Identifier: Apache-2.0
// When a viewer wants which frame, and what it counts, without a server around it.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "http/delivery/channel.h"
#include "http/delivery/viewer.h"
#include "tests/core/frame_ring_helper.h"
#include "tests/core/segments/test_segments.h"
#include "tests/http/delivery/idle_sink.h"

namespace fanlight {
namespace {

struct ViewerPaceTest : testing::Test {
  void publish(uint64_t sequence) {
    ASSERT_TRUE(publish_picture(ring, sequence));
    ASSERT_TRUE(channel.refresh());
  }

  void publish_slate(uint64_t sequence) {
    const FrameRing::Acquired acquired = ring.acquire();
    FrameInfo info = frame_info(sequence);
    info.slate_reason = SlateReason("no camera");
    ring.publish(acquired.place, 100, info);
    ASSERT_TRUE(channel.refresh());
  }

  // In segments, which all look as they did before any frame, or all changed in this one. Returns
  // the size of the JPEG.
  size_t publish_divided(uint64_t sequence, bool is_changed = false) {
    const FrameRing::Acquired acquired = ring.acquire();
    std::vector<Segment> segments(kTestGrid.count() + 1);
    const size_t size = write_divided_picture(acquired.place.jpeg, 1, segments);
    for (Segment& segment : segments) segment.age = is_changed ? 0 : 1'000'000;
    std::ranges::copy(segments, ring.segment_room(acquired.place, size).begin());
    ring.publish(acquired.place, size, frame_info(sequence), kTestGrid);
    EXPECT_TRUE(channel.refresh());
    return size;
  }

  static void send(Viewer& viewer, Instant at) {
    viewer.begin_frame(at);
    viewer.finish_frame(at);
  }

  // Until then it does not want the newest frame, and from then on it does.
  static void expect_wanted_from(const Viewer& viewer, Instant at) {
    EXPECT_FALSE(viewer.wants_frame(at - 1ns));
    EXPECT_TRUE(viewer.wants_frame(at));
    EXPECT_EQ(viewer.ask_again_at(), at);
  }

  FrameRing ring{{.window = 8, .jpeg_capacity = 64 << 10, .memory_limit = 8 << 20}};
  ChannelStats stats;
  const std::string camera = "cam";
  Channel channel{ring, stats, camera};
  IdleSink sink;
  const Instant start{1000s};
};

// A frame that comes late does not delay those after it; but what was missed is not made up for.
TEST_F(ViewerPaceTest, KeepsTheRhythmOfItsInterval) {
  Viewer viewer(sink, channel, {.interval = 100ms}, start);
  publish(1);
  send(viewer, start);
  publish(2);
  send(viewer, start + 130ms);
  publish(3);
  expect_wanted_from(viewer, start + 200ms);
  send(viewer, start + 300ms);  // an interval late
  publish(4);
  expect_wanted_from(viewer, start + 300ms);
  send(viewer, start + 401ms);  // and more than that
  publish(5);
  expect_wanted_from(viewer, start + 501ms);
}

// Its first frame is the first: what was published before it is not counted, and slates never are.
TEST_F(ViewerPaceTest, CountsThePicturesThatItSkips) {
  Viewer viewer(sink, channel, {}, start);
  for (const uint64_t sequence : {1u, 2u, 3u}) publish(sequence);
  send(viewer, start);
  EXPECT_EQ(viewer.frames_skipped(), 0u);
  publish(4);
  send(viewer, start);
  EXPECT_EQ(viewer.frames_skipped(), 0u);
  for (const uint64_t sequence : {5u, 6u, 9u}) publish(sequence);
  send(viewer, start);
  EXPECT_EQ(viewer.frames_skipped(), 2u);
  publish_slate(10);
  publish(11);
  publish_slate(12);
  send(viewer, start);
  EXPECT_EQ(viewer.frames_skipped(), 3u);
  send(viewer, start);
  EXPECT_EQ(viewer.frames_skipped(), 3u) << "the slate again";
  EXPECT_EQ(stats.frames_skipped.value(), 3u);
  EXPECT_EQ(stats.frames_repeated.value(), 1u);
}

// Pictures are a millisecond apart here.
TEST_F(ViewerPaceTest, MeasuresPicturesAndNoSlates) {
  Viewer viewer(sink, channel, {}, start);
  for (const uint64_t sequence : {100u, 101u, 102u}) {
    publish(sequence);
    send(viewer, start);
  }
  const Instant now = frame_info(102).captured_at;
  EXPECT_NEAR(viewer.measured_fps(now), 1000, 1);
  publish_slate(103);
  send(viewer, start);
  EXPECT_EQ(viewer.measured_fps(now + 1ms), 0);
}

TEST_F(ViewerPaceTest, NewcomerToAFullRingWaitsEightSecondsForASharedFrame) {
  std::vector<FrameRef> held;
  for (uint64_t sequence = 1; sequence <= 60; ++sequence) {
    publish(sequence);
    held.push_back(ring.newer_than(sequence - 1));
  }
  ASSERT_GT(channel.newcomer_step(), 1u);
  publish(61);
  const Viewer viewer(sink, channel, {}, start);
  expect_wanted_from(viewer, start + 8s);
  publish(2 * FrameRing::kNewcomerStepMax);
  EXPECT_TRUE(viewer.wants_frame(start));
}

// It was slower than the camera by eight frames: it starts on every second one.
TEST_F(ViewerPaceTest, SlowViewerWaitsForASharedFrameForHalfOfWhatTheLastOneTook) {
  for (const auto& [took, waits] : {std::pair<Duration, Duration>{10s, 5s}, {3s, 1900ms}}) {
    const uint64_t first = ring.stats().encoded.value() + 1;
    publish(first);
    Viewer viewer(sink, channel, {}, start);
    viewer.begin_frame(start);
    for (uint64_t i = 1; i <= 8; ++i) publish(first + i);
    viewer.finish_frame(start + took);
    EXPECT_EQ(viewer.step(), 2u);
    if (channel.newest()->sequence() % 2 == 0) publish(first + 9);
    expect_wanted_from(viewer, start + took + waits);
    publish(channel.newest()->sequence() + 1);
    EXPECT_TRUE(viewer.wants_frame(start + took));
  }
}

TEST_F(ViewerPaceTest, RepeatsTheLastFrameInSilence) {
  publish(1);
  Viewer viewer(sink, channel, {}, start);
  EXPECT_TRUE(viewer.wants_frame(start));
  send(viewer, start);
  expect_wanted_from(viewer, start + 1900ms);
  Viewer seldom(sink, channel, {.interval = 3s}, start);
  send(seldom, start);
  expect_wanted_from(seldom, start + 3s);
  EXPECT_TRUE(viewer.is_sent_to_often());
  EXPECT_FALSE(seldom.is_sent_to_often());
  EXPECT_TRUE(Viewer(sink, channel, {.interval = 1900ms}, start).is_sent_to_often());
}

// One and a half intervals of the camera after it, at least 100 ms, and only once.
TEST_F(ViewerPaceTest, RepeatsTheLastFrameBeforeAPauseSoonWhereAskedTo) {
  publish(1);
  for (const auto& [interval, pause] :
       {std::pair<Duration, Duration>{0ms, 100ms}, {40ms, 100ms}, {100ms, 150ms}, {2s, 1900ms}}) {
    ring.stats().interval_ns.set(static_cast<uint64_t>(Duration(interval).count()));
    Viewer viewer(sink, channel, {.dual_final_frames = true}, start);
    send(viewer, start);
    expect_wanted_from(viewer, start + pause);
    send(viewer, start + pause);
    expect_wanted_from(viewer, start + pause + 1900ms);
  }
}

// The first frame is sent whole even if it shows the same as one before the viewer came.
TEST_F(ViewerPaceTest, ViewerOfUpdatesGetsWhatHasChanged) {
  ring.set_activity(CaptureActivity::idle);
  publish_divided(1);
  Viewer viewer(sink, channel, {.updates = true}, start);
  EXPECT_FALSE(viewer.wants_frame(start)) << "of an idle camera";
  EXPECT_FALSE(viewer.can_end_with_frame());
  ring.set_activity(CaptureActivity::live);
  publish_divided(2);
  EXPECT_TRUE(viewer.can_end_with_frame());
  EXPECT_TRUE(viewer.wants_frame(start));
  send(viewer, start);
  publish_divided(3);
  const size_t size = publish_divided(4);
  EXPECT_FALSE(viewer.wants_frame(start));
  for (int i = 0; i < 2; ++i) {
    viewer.take_if_unchanged();
    EXPECT_EQ(stats.frames_unchanged.value(), 2u);
    EXPECT_EQ(stats.bytes_spared.value(), 2 * size);
  }
  publish_divided(5, true);
  EXPECT_TRUE(viewer.wants_frame(start));
  viewer.take_if_unchanged();
  EXPECT_EQ(stats.frames_unchanged.value(), 2u);
  send(viewer, start);
  EXPECT_EQ(viewer.frames_skipped(), 0u);
  EXPECT_EQ(viewer.frames_sent(), 2u);
}

TEST_F(ViewerPaceTest, EndsWithTheFrameItHasOrTheNextOne) {
  Viewer viewer(sink, channel, {}, start);
  EXPECT_FALSE(viewer.can_end_with_frame());
  viewer.end_soon();
  EXPECT_FALSE(viewer.wants_frame(start)) << "there is none";
  publish(1);
  EXPECT_TRUE(viewer.can_end_with_frame());
  EXPECT_TRUE(viewer.wants_frame(start));
  send(viewer, start);
  EXPECT_TRUE(viewer.is_finished());
  Viewer other(sink, channel, {}, start);
  send(other, start);
  EXPECT_TRUE(other.can_end_with_frame()) << "with the one it has";
}

// The end is asked for while a frame is being sent: that one has no closing delimiter yet.
TEST_F(ViewerPaceTest, TheFrameBeingSentIsNotTheLastOne) {
  publish(1);
  Viewer viewer(sink, channel, {}, start);
  viewer.begin_frame(start);
  EXPECT_TRUE(viewer.is_sending_news());
  viewer.end_soon();
  viewer.finish_frame(start);
  EXPECT_FALSE(viewer.is_finished());
  EXPECT_TRUE(viewer.wants_frame(start)) << "the same one, at once";
  viewer.begin_frame(start);
  EXPECT_FALSE(viewer.is_sending_news());
  viewer.finish_frame(start);
  EXPECT_TRUE(viewer.is_finished());
}

}  // namespace
}  // namespace fanlight
