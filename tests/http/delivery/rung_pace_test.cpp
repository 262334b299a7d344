// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/rung_pace.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

using Move = RungPace::Move;
constexpr Duration kInterval = 100ms;

// A viewer of ten pictures a second.
struct RungPaceTest : testing::Test {
  Instant now = Instant(1000s);
  RungPace pace{now};

  // Sends a frame each `each`, of which sending takes `took`, until it is to move or `limit` has
  // passed.
  Move send(Duration took, Duration each, Duration limit) {
    for (const Instant end = now + limit; now < end;) {
      now += each;
      const Move move = pace.note_frame(took, kInterval, now);
      if (move != Move::none) return move;
    }
    return Move::none;
  }
  Move carry_out(Move move) {
    if (move != Move::none) pace.moved(move, now);
    return move;
  }
};

TEST_F(RungPaceTest, GoesDownWhenItGetsFewerThanHalfOfThePicturesForTwoSeconds) {
  const Instant begun = now;
  EXPECT_EQ(send(250ms, 250ms, 60s), Move::down);
  EXPECT_EQ(now - begun, 2s);
}

TEST_F(RungPaceTest, StaysWithHalfOfThePictures) {
  EXPECT_EQ(send(200ms, 200ms, 600s), Move::none);
}

TEST_F(RungPaceTest, OneSlowFrameIsEnoughIfItTakesLonger) {
  EXPECT_EQ(send(50s, 50s, 50s), Move::down);
}

TEST_F(RungPaceTest, AFewSlowFramesAmongFastOnesAreNot) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(send(900ms, 900ms, 900ms), Move::none);
    EXPECT_EQ(send(0ms, 100ms, 1100ms), Move::none);
  }
}

TEST_F(RungPaceTest, GoesUpAfterThirtyEasySeconds) {
  const Instant begun = now;
  EXPECT_EQ(send(25ms, 100ms, 600s), Move::up);
  EXPECT_EQ(now - begun, 30s);
}

TEST_F(RungPaceTest, ASpanThatIsNotEasyBeginsTheThirtySecondsAnew) {
  EXPECT_EQ(send(25ms, 100ms, 28s), Move::none);
  EXPECT_EQ(send(30ms, 100ms, 2s), Move::none);
  EXPECT_EQ(send(25ms, 100ms, 29s), Move::none);
  EXPECT_EQ(send(25ms, 100ms, 1s), Move::up);
}

TEST_F(RungPaceTest, WaitsTwiceAsLongAfterEachFailedTrialUpToFourMinutes) {
  EXPECT_EQ(carry_out(send(250ms, 250ms, 60s)), Move::down);
  for (const Duration wait : {30s, 60s, 120s, 240s, 240s, 240s}) {
    const Instant begun = now;
    EXPECT_EQ(carry_out(send(10ms, 100ms, 600s)), Move::up);
    EXPECT_EQ(now - begun, wait);
    EXPECT_EQ(carry_out(send(250ms, 250ms, 60s)), Move::down);
  }
}

TEST_F(RungPaceTest, ATrialThatHeldForAMinuteIsForgotten) {
  EXPECT_EQ(carry_out(send(250ms, 250ms, 60s)), Move::down);
  EXPECT_EQ(carry_out(send(10ms, 100ms, 600s)), Move::up);
  EXPECT_EQ(carry_out(send(250ms, 250ms, 60s)), Move::down) << "failed";
  EXPECT_EQ(carry_out(send(10ms, 100ms, 600s)), Move::up);
  EXPECT_EQ(send(100ms, 100ms, RungPace::kProven), Move::none);
  EXPECT_EQ(carry_out(send(250ms, 250ms, 60s)), Move::down);
  const Instant begun = now;
  EXPECT_EQ(send(10ms, 100ms, 600s), Move::up);
  EXPECT_EQ(now - begun, 30s);
}

TEST_F(RungPaceTest, MovesNowhereWhileHeld) {
  pace.hold(now);
  EXPECT_TRUE(pace.is_held(now));
  EXPECT_EQ(send(250ms, 250ms, 239s), Move::none);
  EXPECT_EQ(send(250ms, 250ms, 4s), Move::down);
  EXPECT_FALSE(pace.is_held(now));
}

}  // namespace
}  // namespace fanlight
