// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/nats_publisher.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "core/segments/update_message.h"
#include "tests/capture/nats/test_link.h"
#include "tests/capture/source/test_camera.h"
#include "tests/core/segments/divided_frames.h"

namespace fanlight {
namespace {

NatsPublisherConfig config(std::string_view url = "nats://bus/fanlight.yard") {
  NatsPublisherConfig config;
  config.camera = "yard";
  config.shown = "nats://bus/";
  config.login.address = parse_nats_url(url);
  return config;
}

class NatsPublisherTest : public testing::Test {
 protected:
  // A frame with this number is published in the ring.
  void publish(uint64_t sequence, std::string_view slate = "") {
    publish(sequence, test_jpeg(sequence), slate);
  }
  void publish(uint64_t sequence, const Bytes& jpeg, std::string_view slate = "") {
    const auto acquired = ring_.acquire();
    ASSERT_TRUE(acquired);
    std::ranges::copy(jpeg, acquired.place.jpeg.begin());
    FrameInfo info;
    info.sequence = sequence;
    info.captured_wall = test_header(sequence, 1).captured;
    info.slate_reason = slate;
    ring_.publish(acquired.place, jpeg.size(), info);
  }
  FrameHeader header_of(size_t index) {
    FrameHeader header;
    EXPECT_EQ(read_frame_header(nats_.published.at(index).fields, header), "");
    return header;
  }
  std::vector<uint64_t> sequences() {
    std::vector<uint64_t> all;
    for (size_t i = 0; i < nats_.published.size(); ++i) all.push_back(header_of(i).sequence);
    return all;
  }
  void run_for(Duration duration) {
    clock_.stop_at(duration);
    publisher_.run();
  }

  FakeClock clock_;
  TestNats nats_;
  CameraPanel panel_{clock_.interrupts()};
  FrameRing ring_{{.window = 8, .jpeg_capacity = 1 << 20, .memory_limit = 16 << 20}};
  const CaptureStats& stats_ = ring_.stats();
  NatsPublisher publisher_{config(), ring_, panel_, clock_, nats_.connect()};
};

TEST_F(NatsPublisherTest, PublishesFramesAsTheyAre) {
  panel_.describe("", "", "1.1 other");
  clock_.at(100ms, [&] { publish(1); });
  clock_.at(200ms, [&] { publish(2, "camera lost: unplugged"); });
  run_for(1s);
  ASSERT_EQ(sequences(), (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(nats_.subjects[0], "fanlight.yard");
  EXPECT_EQ(nats_.published[0].payload, test_jpeg(1));
  EXPECT_EQ(header_of(0).captured, test_header(1, 1).captured);
  EXPECT_EQ(header_of(0).via, "1.1 other");
  EXPECT_EQ(header_of(0).slate, "");
  EXPECT_EQ(header_of(1).slate, "camera lost: unplugged");
  EXPECT_EQ(header_of(0).number, 1u);
  EXPECT_EQ(header_of(1).number, 2u);
  EXPECT_EQ(header_of(0).publisher, header_of(1).publisher);
  EXPECT_EQ(stats_.published.value(), 2u);
  EXPECT_EQ(stats_.published_bytes.value(), test_jpeg(1).size() + test_jpeg(2).size());
  EXPECT_EQ(stats_.publish_skipped.value(), 0u);
  EXPECT_EQ(stats_.publish_online.value(), 0u) << "it has stopped";
}

TEST_F(NatsPublisherTest, TheCameraIsWatchedWhileThereIsAConnection) {
  nats_.connect_error = ECONNREFUSED;
  clock_.at(100ms, [&] {
    EXPECT_EQ(ring_.watchers(), 0u);
    EXPECT_EQ(stats_.publish_online.value(), 0u);
    nats_.connect_error.reset();
  });
  clock_.at(2s, [&] {
    EXPECT_EQ(ring_.watchers(), 1u);
    EXPECT_EQ(stats_.publish_online.value(), 1u);
  });
  run_for(3s);
  EXPECT_EQ(ring_.watchers(), 0u);
}

TEST_F(NatsPublisherTest, AnnouncesTheCameraAlsoWithoutAPicture) {
  clock_.at(1s, [&] {
    EXPECT_EQ(nats_.announcements, std::vector<std::string>{"_FANLIGHT.fanlight.yard"});
    EXPECT_TRUE(nats_.published.empty());
  });
  clock_.at(4500ms, [&] { EXPECT_EQ(nats_.announcements.size(), 3u) << "every two seconds"; });
  clock_.at(5s, [&] { nats_.fail(ECONNRESET); });
  run_for(5900ms);
  EXPECT_EQ(nats_.announcements.size(), 4u) << "at once on a new connection";
  EXPECT_EQ(stats_.published_bytes.value(), 0u);
}

TEST_F(NatsPublisherTest, AnnouncesNothingWhereThatIsRefused) {
  clock_.at(1s, [&] { nats_.may_announce = false; });
  publish(1);
  run_for(10s);
  EXPECT_EQ(nats_.announcements.size(), 1u);
  EXPECT_EQ(nats_.connects, 1);
  EXPECT_GT(nats_.published.size(), 4u);
}

// A server that takes its time: the newest frame follows the one that is on its way.
TEST_F(NatsPublisherTest, NewestWinsAndTheOthersAreCounted) {
  nats_.is_slow = true;
  publish(1);
  for (uint64_t i = 2; i <= 9; ++i) {
    clock_.at(i * 10ms, [this, i] { publish(i); });
  }
  clock_.at(200ms, [&] {
    nats_.is_slow = false;
    nats_.arrivals.wake();
  });
  run_for(1s);
  EXPECT_EQ(sequences(), (std::vector<uint64_t>{1, 9}));
  EXPECT_EQ(stats_.publish_skipped.value(), 7u);
}

TEST_F(NatsPublisherTest, TheNewestFrameIsRepeatedAsASignOfLife) {
  publish(3);
  run_for(4s);
  EXPECT_EQ(sequences(), (std::vector<uint64_t>{3, 3, 3}));
  EXPECT_EQ(header_of(2).number, 3u);
  EXPECT_EQ(stats_.publish_skipped.value(), 0u);
}

TEST_F(NatsPublisherTest, LargeFramesAreSentInParts) {
  nats_.payload_max = 2 * kFrameHeaderBytesMax;
  const Bytes jpeg(2 * kFrameHeaderBytesMax + 1);
  publish(1, jpeg);
  run_for(1s);
  ASSERT_EQ(nats_.published.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(header_of(i).part, i + 1);
    EXPECT_EQ(header_of(i).parts, 3u);
    EXPECT_EQ(header_of(i).number, 1u);
    EXPECT_EQ(header_of(i).size, jpeg.size());
    EXPECT_EQ(nats_.published[i].payload.size(), i < 2 ? kFrameHeaderBytesMax : 1);
  }
  EXPECT_EQ(stats_.published.value(), 1u);
}

TEST_F(NatsPublisherTest, AServerThatTakesOnlyTinyMessagesIsOfNoUse) {
  nats_.payload_max = 2 * kFrameHeaderBytesMax - 1;
  publish(1);
  run_for(100ms);
  EXPECT_TRUE(nats_.published.empty());
  EXPECT_EQ(stats_.publish_failures.value(), 1u);
}

TEST_F(NatsPublisherTest, RetriesWithGrowingDelayAndBeginsAgainWithTheNewestFrame) {
  nats_.connect_error = ECONNREFUSED;
  clock_.at(60s, [&] {
    EXPECT_GE(nats_.connects, 8);
    EXPECT_LE(nats_.connects, 14) << "0.5, 1, 2, 4, 8, 10, 10 s..., give or take a quarter";
    nats_.connect_error.reset();
  });
  for (uint64_t i = 1; i <= 5; ++i) clock_.at(i * 1s, [this, i] { publish(i); });
  run_for(74s);
  ASSERT_FALSE(nats_.published.empty());
  EXPECT_EQ(header_of(0).sequence, 5u);
  EXPECT_EQ(stats_.publish_skipped.value(), 0u) << "nobody could have had them";
}

TEST_F(NatsPublisherTest, ALostConnectionIsMadeAnew) {
  publish(1);
  clock_.at(1s, [&] { nats_.fail(ECONNRESET); });
  run_for(1800ms);
  EXPECT_EQ(nats_.connects, 2);
  EXPECT_EQ(sequences(), (std::vector<uint64_t>{1, 1})) << "at once, and not after 1.9 s";
  EXPECT_EQ(stats_.publish_failures.value(), 1u);
}

TEST(NatsPublisherThread, EndsWhenItsClockIsStopped) {
  SystemCameraClock clock;
  TestNats nats;
  CameraPanel panel(clock.interrupts());
  FrameRing ring({.window = 8, .jpeg_capacity = 1 << 20, .memory_limit = 16 << 20});
  NatsPublisher publisher(config(), ring, panel, clock, nats.connect());
  publisher.start();
  EXPECT_TRUE(publisher.stop_within(60s));
}

// What a subscriber shows that joins updates.
class UpdatePublisherTest : public NatsPublisherTest {
 protected:
  void publish_at(Duration when, uint64_t sequence, std::optional<size_t> kept = {}) {
    clock_.at(when, [this, sequence, kept] { publish_divided(ring_, sequence, kept); });
  }
  bool is_whole(size_t index) { return header_of(index).update == 0; }
  std::vector<bool> whole_ones() {
    std::vector<bool> all;
    for (size_t i = 0; i < nats_.published.size(); ++i) all.push_back(is_whole(i));
    return all;
  }
  std::string_view payload(size_t index) const {
    const Bytes& bytes = nats_.published.at(index).payload;
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  // Message by message; whether the last picture is that of its frame.
  std::string play() {
    for (size_t i = 0; i < nats_.published.size(); ++i) {
      const FrameHeader header = header_of(i);
      const std::string problem = is_whole(i)
                                      ? canvas_.take_whole(payload(i), header.sequence)
                                      : canvas_.take_update(payload(i).substr(0, header.update),
                                                            payload(i).substr(header.update));
      if (!problem.empty()) return problem;
    }
    return canvas_.check(header_of(nats_.published.size() - 1).sequence);
  }
  void run_updates_for(Duration duration) {
    clock_.stop_at(duration);
    publisher_of_updates_.run();
  }

  TestCanvas canvas_;
  NatsPublisher publisher_of_updates_{config("nats://bus/fanlight.yard?segments=1"), ring_, panel_,
                                      clock_, nats_.connect()};
};

TEST_F(UpdatePublisherTest, PublishesUpdatesOfTheFramePublishedBefore) {
  for (uint64_t i = 1; i <= 15; ++i) publish_at(i * 10ms, i);
  run_updates_for(1s);
  EXPECT_EQ(play(), "");
  const std::vector<bool> whole = whole_ones();
  EXPECT_TRUE(whole.at(0));
  EXPECT_EQ(std::count(whole.begin(), whole.end(), true), 1);
  UpdateMessage message;
  EXPECT_EQ(parse_update_message(payload(1).substr(0, header_of(1).update), message), "");
  EXPECT_EQ(message.camera, "yard");
  EXPECT_EQ(message.sequence, header_of(1).sequence);
  EXPECT_EQ(stats_.published.value(), whole.size());
  EXPECT_EQ(stats_.publish_skipped.value(), 0u) << "what did not change is not missed";
}

TEST_F(UpdatePublisherTest, NothingIsPublishedOfWhatDidNotChange) {
  std::vector<uint64_t> busy{1};
  for (uint64_t i = 1; i <= 20; ++i) {
    publish_at(i * 10ms, i);
    if (i > 1 && !is_quiet(i)) busy.push_back(i);
  }
  run_updates_for(1s);
  EXPECT_LT(busy.size(), 20u);
  EXPECT_EQ(sequences(), busy);
}

TEST_F(UpdatePublisherTest, FramesAreDividedWhileThereIsAConnection) {
  clock_.at(100ms, [&] { EXPECT_TRUE(ring_.wants_segments()); });
  run_updates_for(1s);
  EXPECT_FALSE(ring_.wants_segments());
}

// Besides the update, which is for those who have the frame before.
TEST_F(UpdatePublisherTest, AWholeFrameComesAtLeastEveryTwoSeconds) {
  for (uint64_t i = 1; i <= 50; ++i) publish_at(i * 100ms, i);
  run_updates_for(5100ms);
  EXPECT_EQ(play(), "");
  std::vector<uint64_t> whole;
  for (size_t i = 0; i < nats_.published.size(); ++i) {
    if (!is_whole(i)) continue;
    whole.push_back(header_of(i).sequence);
    EXPECT_TRUE(i == 0 || (!is_whole(i - 1) && header_of(i - 1).sequence == whole.back()));
  }
  EXPECT_EQ(whole, (std::vector<uint64_t>{1, 20, 39}));
}

// The newest frame is, too, though nothing changed in it, after an update that says so.
TEST_F(UpdatePublisherTest, AStillPictureIsRepeatedWhole) {
  for (uint64_t i = 1; i <= 40; ++i) publish_at(i * 100ms, i, kTestGrid.count());
  run_updates_for(4s);
  EXPECT_EQ(sequences(), (std::vector<uint64_t>{1, 20, 20, 39, 39}));
  EXPECT_EQ(whole_ones(), (std::vector<bool>{true, false, true, false, true}));
  EXPECT_EQ(header_of(1).update, header_of(1).size) << "without an atlas";
}

TEST_F(UpdatePublisherTest, ACameraThatHasStoppedIsRepeatedWhole) {
  publish_at(10ms, 1);
  publish_at(20ms, 2, kTestGrid.count() - 1);
  run_updates_for(4s);
  EXPECT_EQ(sequences(), (std::vector<uint64_t>{1, 2, 2, 2}));
  EXPECT_EQ(whole_ones(), (std::vector<bool>{true, false, true, true}));
}

TEST_F(UpdatePublisherTest, WhatChangesAllOverIsPublishedWhole) {
  publish_at(10ms, 1);
  publish_at(20ms, 2, 0);
  publish_at(30ms, 3, kTestGrid.count() - 1);
  clock_.at(40ms, [&] { publish(4, "camera lost: unplugged"); });
  publish_at(50ms, 5);
  run_updates_for(1s);
  EXPECT_EQ(whole_ones(), (std::vector<bool>{true, true, false, true, true}));
  EXPECT_EQ(header_of(3).slate, "camera lost: unplugged");
}

// The base is what the server was sent last, however many frames came in between.
TEST_F(UpdatePublisherTest, ASlowServerSkipsFramesAndGetsTheUpdateOverAllOfThem) {
  publish_at(10ms, 1);
  clock_.at(20ms, [&] { nats_.is_slow = true; });
  for (uint64_t i = 2; i <= 11; ++i) publish_at(20ms + i * 1ms, i);
  clock_.at(100ms, [&] {
    nats_.is_slow = false;
    nats_.arrivals.wake();
  });
  run_updates_for(1s);
  EXPECT_EQ(play(), "");
  EXPECT_GT(stats_.publish_skipped.value(), 0u);
  EXPECT_EQ(sequences().back(), is_quiet(11) ? 10u : 11u);
}

TEST_F(UpdatePublisherTest, EachConnectionBeginsWithAWholeFrame) {
  for (uint64_t i = 1; i <= 8; ++i) publish_at(i * 10ms, i);
  clock_.at(90ms, [&] { nats_.fail(ECONNRESET); });
  for (uint64_t i = 9; i <= 12; ++i) publish_at(2s + i * 10ms, i);
  run_updates_for(2200ms);
  EXPECT_EQ(nats_.connects, 2);
  const std::vector<bool> whole = whole_ones();
  EXPECT_EQ(std::count(whole.begin(), whole.end(), true), 2);
  EXPECT_EQ(play(), "");
}

TEST_F(UpdatePublisherTest, LargeUpdatesAreSentInParts) {
  publish_at(10ms, 1);
  publish_at(20ms, 2);
  clock_.at(15ms, [&] { nats_.payload_max = kFrameHeaderBytesMax + 100; });
  run_updates_for(100ms);
  ASSERT_GT(nats_.published.size(), 2u);
  std::string all;
  for (size_t i = 1; i < nats_.published.size(); ++i) {
    EXPECT_EQ(header_of(i).part, i);
    EXPECT_EQ(header_of(i).update, header_of(1).update);
    EXPECT_EQ(header_of(i).sequence, 2u);
    all += payload(i);
  }
  const size_t text = header_of(1).update;
  ASSERT_GT(text, 0u);
  EXPECT_EQ(canvas_.take_whole(payload(0), 1), "");
  EXPECT_EQ(canvas_.take_update(all.substr(0, text), all.substr(text)), "");
}

}  // namespace
}  // namespace fanlight
