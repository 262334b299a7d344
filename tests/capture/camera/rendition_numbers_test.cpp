// SPDX-License-Identifier: Apache-2.0
// Rendition: the numbers and times of frames.
#include "tests/capture/camera/test_rendition.h"

namespace fanlight {
namespace {

// As they are at the server before this one: a viewer may change from relay to relay.
TEST_F(RenditionTest, TakesOverTheNumbersOfAnotherServer) {
  const auto sequence_for = [&](uint64_t number) {
    clock.advance(1ms);
    Picture picture = passed_through(jpeg);
    picture.number = number;
    EXPECT_EQ(rendition.publish(picture), Outcome::published);
    return ring.newer_than(0)->sequence();
  };
  EXPECT_EQ(sequence_for(700), 700u);
  EXPECT_EQ(sequence_for(703), 703u);
  EXPECT_EQ(sequence_for(0), 704u) << "it has none";
  EXPECT_EQ(sequence_for(2), 705u) << "that server has begun again";
  EXPECT_EQ(sequence_for(705), 706u) << "no two frames have the same";
  EXPECT_EQ(sequence_for(kNumberMax), 707u);
  EXPECT_EQ(sequence_for(UINT64_MAX), 708u);
  EXPECT_EQ(sequence_for(kNumberMax - 1), kNumberMax - 1);
  EXPECT_EQ(sequence_for(1), kNumberMax) << "and there is a next one";
}

TEST_F(RenditionTest, FullRingDropsAndLeavesASequenceGap) {
  std::vector<FrameRef> pins;
  uint64_t dropped = 0;
  for (size_t i = 0; i < ring.places() + 5; ++i) {
    const Outcome outcome = rendition.publish(passed_through(jpeg));
    if (outcome == Outcome::no_place) {
      ++dropped;
    } else if (FrameRef frame = ring.newer_than(pins.empty() ? 0 : pins.back()->sequence())) {
      pins.push_back(std::move(frame));
    }
  }
  EXPECT_EQ(dropped, 5u);
  EXPECT_EQ(ring.stats().dropped_no_place.value(), 5u);
  pins.clear();
  EXPECT_EQ(rendition.publish(passed_through(jpeg)), Outcome::published);
  EXPECT_EQ(ring.newer_than(0)->sequence(), ring.places() + 6);
}

TEST_F(RenditionTest, WallClockNeverGoesBack) {
  WallTime last{};
  for (int i = 0; i < 10; ++i) {
    if (i == 3) clock.step_wall(-1h);
    if (i == 6) clock.step_wall(2h);
    clock.advance(40ms);
    rendition.publish(passed_through(jpeg));
    const FrameRef frame = ring.newer_than(0);
    EXPECT_GT(frame->info().captured_wall, last) << i;
    last = frame->info().captured_wall;
  }
  EXPECT_EQ(last, clock.wall_now()) << "the real time once it is ahead again";
}

// The camera's server may be an hour behind this machine's clock.
TEST_F(RenditionTest, SlatesGoByTheClockOfThePicturesBeforeThem) {
  const WallTime behind = clock.wall_now() - 1h;
  Picture picture = passed_through(jpeg);
  picture.captured_wall = behind;
  EXPECT_EQ(rendition.publish(picture), Outcome::published);
  clock.advance(10s);
  rendition.publish_slate("camera lost");
  EXPECT_EQ(ring.newer_than(1)->info().captured_wall, behind + 10s);
  clock.advance(1s);
  picture = passed_through(jpeg);
  picture.captured_wall = behind + 11s;
  EXPECT_EQ(rendition.publish(picture), Outcome::published);
  EXPECT_EQ(ring.newer_than(2)->info().captured_wall, behind + 11s);
}

// What a relay received late, because its line was cut.
TEST_F(RenditionTest, PicturesThatSlatesHaveOvertakenAreDropped) {
  const auto numbered = [&](uint64_t number, WallTime captured) {
    Picture picture = passed_through(jpeg);
    picture.number = number;
    picture.captured_wall = captured;
    return picture;
  };
  const WallTime begun = clock.wall_now();
  EXPECT_EQ(rendition.publish(numbered(700, begun)), Outcome::published);
  clock.advance(2s);
  rendition.publish_slate("camera lost");
  clock.advance(1s);
  rendition.publish_slate("camera lost");
  EXPECT_EQ(rendition.publish(numbered(701, begun + 200ms)), Outcome::overtaken);
  EXPECT_EQ(rendition.publish(numbered(702, begun + 400ms)), Outcome::overtaken);
  EXPECT_EQ(rendition.publish(numbered(703, begun + 600ms)), Outcome::overtaken) << "its time";
  EXPECT_EQ(ring.stats().dropped_late.value(), 3u);
  EXPECT_EQ(rendition.publish(numbered(715, begun + 3100ms)), Outcome::published);
  EXPECT_EQ(ring.newer_than(0)->sequence(), 715u);
  EXPECT_EQ(ring.newer_than(0)->info().captured_wall, begun + 3100ms);
  EXPECT_EQ(rendition.publish(numbered(3, begun + 200ms)), Outcome::published) << "no slate before";
  EXPECT_EQ(ring.newer_than(0)->sequence(), 716u);
}

// Those of a server that has begun again, or whose clock was set back, are shown after all.
TEST_F(RenditionTest, PicturesAreNotOvertakenForLong) {
  Picture picture = passed_through(jpeg);
  picture.number = 700;
  EXPECT_EQ(rendition.publish(picture), Outcome::published);
  rendition.publish_slate("camera lost");
  for (const auto& [number, outcome] : {std::pair{1u, Outcome::overtaken},
                                        {2u, Outcome::overtaken},
                                        {3u, Outcome::published},
                                        {4u, Outcome::published}}) {
    picture = passed_through(jpeg);
    picture.number = number;
    EXPECT_EQ(rendition.publish(picture), outcome) << number;
    clock.advance(500ms);
  }
  EXPECT_EQ(ring.newer_than(0)->sequence(), 703u);
}

}  // namespace
}  // namespace fanlight
