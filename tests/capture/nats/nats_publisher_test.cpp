// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/nats_publisher.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/capture/nats/test_link.h"
#include "tests/capture/source/test_camera.h"

namespace fanlight {
namespace {

NatsPublisherConfig config() {
  NatsPublisherConfig config;
  config.camera = "yard";
  config.shown = "nats://bus/";
  config.login.address = parse_nats_url("nats://bus/fanlight.yard");
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

}  // namespace
}  // namespace fanlight
