// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/credit.h"

#include <gtest/gtest.h>

#include <deque>

namespace fanlight {
namespace {

constexpr Instant kStart{1000s};

class CreditTest : public testing::Test {
 protected:
  CreditTest() { orders(); }

  // What it orders now: `+8` is a new subscription, `=8` a higher limit.
  std::string orders() {
    std::string all;
    while (const auto order = credit_.take_order(now_)) {
      all += (order->is_new ? "+" : "=") + std::to_string(order->limit);
    }
    return all;
  }
  // A frame of so many messages, this late.
  std::string frame(Duration late = 0ms, uint64_t parts = 1, bool is_update = false) {
    for (uint64_t i = 0; i < parts; ++i) credit_.note_message(now_);
    credit_.note_parts(parts, is_update);
    is_shown_ = credit_.note_frame(5ms + late, is_update ? kind_ : Credit::Kind::whole);
    return orders();
  }
  std::string update(Duration late = 0ms) { return frame(late, 1, true); }
  void stream() {
    while (!credit_.is_streaming()) frame();
  }

  Instant now_ = kStart;
  Credit credit_;
  bool is_shown_ = true;
  Credit::Kind kind_ = Credit::Kind::update;  // of updates
};

TEST(Credit, BeginsWithOneMessage) {
  Credit credit;
  const auto order = credit.take_order(kStart);
  ASSERT_TRUE(order);
  EXPECT_TRUE(order->is_new);
  EXPECT_EQ(order->limit, 1u);
  EXPECT_FALSE(credit.take_order(kStart));
  EXPECT_FALSE(credit.is_streaming());
  EXPECT_EQ(credit.due(), kNever);
}

TEST_F(CreditTest, FramesInTimeAreStreamed) {
  EXPECT_EQ(frame(), "+1");
  EXPECT_EQ(frame(), "+8");
  EXPECT_TRUE(credit_.is_streaming());
  EXPECT_EQ(frame() + frame() + frame(), "") << "a line for each frame would be too many";
  EXPECT_EQ(frame(), "=12");
  EXPECT_EQ(frame(240ms), "") << "not late yet";
  EXPECT_TRUE(is_shown_);
}

// On a line that carries a tenth: what is on the way is not shown, and then each is asked for.
TEST_F(CreditTest, LateFramesArePolled) {
  stream();
  frame();
  EXPECT_EQ(frame(300ms), "");
  EXPECT_FALSE(is_shown_);
  EXPECT_FALSE(credit_.is_streaming());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(frame(400ms), "") << i;
    EXPECT_FALSE(is_shown_);
  }
  EXPECT_EQ(frame(500ms), "+1") << "the last one on the way";
  EXPECT_FALSE(is_shown_);
  EXPECT_EQ(frame(300ms), "+1");
  EXPECT_TRUE(is_shown_) << "the newest when it was asked for";
}

TEST_F(CreditTest, StreamingIsTriedAgainLessAndLessOften) {
  for (const uint64_t required : {2u, 4u, 8u, 16u, 32u, 64u, 128u, 256u, 256u}) {
    uint64_t polled = 0;
    while (!credit_.is_streaming()) {
      frame();
      ++polled;
    }
    EXPECT_EQ(polled, required);
    while (credit_.is_streaming()) frame(1s);
    while (frame(1s).empty()) continue;
  }
  stream();
  for (int i = 0; i < 1024; ++i) frame();
  while (credit_.is_streaming()) frame(1s);
  while (frame(1s).empty()) continue;
  EXPECT_EQ(frame(), "+1");
  for (int i = 0; i < 3; ++i) frame();
  EXPECT_TRUE(credit_.is_streaming()) << "forgiven";
}

// The server ended the subscription at 8, before it was told of 12.
TEST_F(CreditTest, SilenceAfterAnOldLimitEndsTheSubscription) {
  stream();
  for (int i = 0; i < 7; ++i) frame();
  EXPECT_EQ(credit_.due(), kNever) << "between two limits";
  frame();
  EXPECT_EQ(credit_.due(), now_ + Credit::kSilence);
  now_ += Credit::kSilence - 1ns;
  EXPECT_EQ(orders(), "");
  now_ += 1ns;
  EXPECT_EQ(orders(), "+1");
}

TEST_F(CreditTest, SilenceOfAPublisherChangesNothing) {
  stream();
  frame();
  now_ += 1h;
  EXPECT_EQ(orders(), "");
  EXPECT_TRUE(credit_.is_streaming());
}

TEST_F(CreditTest, SilenceWhileDrainingEndsIt) {
  stream();
  frame(1s);
  EXPECT_EQ(credit_.due(), now_ + Credit::kSilence);
  now_ += Credit::kSilence;
  EXPECT_EQ(orders(), "+1");
}

// The first ones may be the rest of a frame that was not received from its beginning.
TEST_F(CreditTest, OfFramesInPartsAsMuchIsAskedForAsOneMayNeed) {
  EXPECT_EQ(frame(0ms, 3), "+5");
  EXPECT_EQ(frame(0ms, 3), "+26");
  std::string all;
  for (int i = 0; i < 5; ++i) all += frame(0ms, 3);
  EXPECT_EQ(all, "=39");
}

// Before the first message nobody knows how many parts there are.
TEST_F(CreditTest, TheFirstPartSaysHowManyAreToBeAskedFor) {
  credit_.note_message(now_);
  credit_.note_parts(3, false);
  EXPECT_EQ(orders(), "+5");
}

TEST_F(CreditTest, MessagesThatAreNoFramesUseItUp) {
  credit_.note_message(now_);
  EXPECT_EQ(orders(), "+1");
  credit_.note_message(now_);
  EXPECT_EQ(orders(), "+1");
}

TEST_F(CreditTest, RepeatedFramesAreNeverLate) {
  stream();
  for (int i = 0; i < 20; ++i) {
    credit_.note_message(now_);
    EXPECT_TRUE(credit_.note_frame(std::nullopt, Credit::Kind::whole));
    orders();
  }
  EXPECT_TRUE(credit_.is_streaming());
}

// A server that delivers at once, and at the tenth of the rate that the camera has: however long
// this goes on, no more frames wait than the window.
TEST_F(CreditTest, FewFramesWaitOnASlowLine) {
  Credit credit;
  std::deque<uint64_t> queue;  // frames that the server has sent
  uint64_t limit = 0, sent = 0;
  size_t longest = 0, shown = 0, late = 0;
  uint64_t newest_shown = 0;
  for (uint64_t tick = 1; tick <= 100'000; ++tick) {  // 30 a second
    const Instant now = kStart + tick * 33ms;
    if (sent < limit) {
      queue.push_back(tick);
      ++sent;
    }
    longest = std::max(longest, queue.size());
    if (tick % 10 == 0 && !queue.empty()) {
      const uint64_t frame = queue.front();
      queue.pop_front();
      credit.note_message(now);
      if (credit.note_frame((tick - frame) * 33ms, Credit::Kind::whole)) {
        EXPECT_GT(frame, newest_shown);
        newest_shown = frame;
        ++shown;
        late = std::max<size_t>(late, tick - frame);
      }
    }
    while (const auto order = credit.take_order(now)) {
      if (order->is_new) sent = 0;
      // What is reached is over for the server.
      if (order->is_new || sent < limit) limit = order->limit;
    }
  }
  EXPECT_LE(longest, Credit::kWindow);
  EXPECT_GE(shown, 9'000u) << "of 10,000 that the line carries";
  EXPECT_LE(late, 20u) << "ticks: two frames on the line";
}

TEST_F(CreditTest, AWholeFrameAmongUpdatesMayTakeLong) {
  stream();
  EXPECT_EQ(update(), "=33") << "more messages, as they are smaller";
  frame(600ms);
  EXPECT_TRUE(is_shown_);
  update(500ms);
  EXPECT_TRUE(is_shown_) << "it had to wait";
  EXPECT_TRUE(credit_.is_streaming());
  frame(2100ms);
  EXPECT_FALSE(is_shown_);
}

// A line that carries twice the updates, and is busy for 400 ms with a whole frame, of which there
// is one every 1.9 s: nothing is missed.
TEST_F(CreditTest, UpdatesGoOnAfterAWholeFrameOnASlowLine) {
  struct Message {
    uint64_t frame;
    bool is_update;
    int left;  // of its size, on the line
  };
  Credit credit;
  std::deque<Message> queue;
  uint64_t limit = 0, sent = 0, shown = 0, joined = 0;
  for (uint64_t tick = 1; tick <= 10'000; ++tick) {  // 30 a second
    const Instant now = kStart + tick * 33ms;
    const auto send = [&](bool is_update, int size) {
      if (sent >= limit) return;
      ++sent;
      queue.push_back({tick, is_update, size});
    };
    send(true, 1);
    if (tick % 57 == 0) send(false, 24);
    for (int room = 2; room > 0 && !queue.empty(); --room) {
      if (--queue.front().left > 0) continue;
      const Message message = queue.front();
      queue.pop_front();
      credit.note_message(now);
      credit.note_parts(1, message.is_update);
      auto kind = message.is_update ? Credit::Kind::update : Credit::Kind::whole;
      if (message.is_update && joined != message.frame - 1) kind = Credit::Kind::out_of_step;
      const bool is_news = kind != Credit::Kind::out_of_step && message.frame != joined;
      if (kind != Credit::Kind::out_of_step) joined = message.frame;
      const bool is_in_time = credit.note_frame((tick - message.frame) * 33ms, kind);
      shown += is_in_time && is_news ? 1 : 0;
    }
    while (const auto order = credit.take_order(now)) {
      if (order->is_new) sent = 0;
      if (order->is_new || sent < limit) limit = order->limit;
    }
  }
  EXPECT_GE(shown, 9'900u);
}

TEST_F(CreditTest, WithoutUpdatesForAWhileItMayNot) {
  stream();
  update();
  for (uint64_t i = 1; i < Credit::kWholeFramesMax; ++i) frame(600ms);
  EXPECT_TRUE(is_shown_);
  frame(600ms);
  EXPECT_FALSE(is_shown_);
}

TEST_F(CreditTest, WholeFramesAmongUpdatesComeWithAllTheirParts) {
  EXPECT_EQ(frame(0ms, 3), "+5") << "the rest of a frame, and one";
  EXPECT_EQ(update(), "+34") << "as many updates as may be, and the rest of a frame";
  EXPECT_EQ(frame(0ms, 8), "=72") << "eight frames of eight are more";
  EXPECT_TRUE(credit_.is_streaming());
}

// Asked for one by one, the whole frame would always be on its way before it is asked for.
TEST_F(CreditTest, WhoMissedTheBaseStreamsAtOnce) {
  kind_ = Credit::Kind::out_of_step;
  EXPECT_EQ(update(), "+32");
  EXPECT_TRUE(credit_.is_streaming());
}

TEST_F(CreditTest, WhoseUpdatesAreLatePollsForAPair) {
  stream();
  update();
  EXPECT_EQ(update(2100ms), "");
  now_ += Credit::kSilence;
  EXPECT_EQ(orders(), "+2") << "an update, and the whole frame beside it";
  kind_ = Credit::Kind::out_of_step;
  EXPECT_EQ(update(2100ms), "") << "the other message may be the whole frame";
  EXPECT_EQ(frame(2100ms), "+2");
  EXPECT_FALSE(credit_.is_streaming());
}

// A camera that stands still may have nothing to send for seconds.
TEST_F(CreditTest, SilenceAtTheBeginningIsNoLoss) {
  frame();
  EXPECT_EQ(frame(), "+8");
  EXPECT_EQ(credit_.due(), kNever);
  now_ += 10s;
  EXPECT_EQ(orders(), "");
  EXPECT_TRUE(credit_.is_streaming());
}

}  // namespace
}  // namespace fanlight
