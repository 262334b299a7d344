// SPDX-License-Identifier: Apache-2.0
// Clients that end their half of the connection: those that continue to read, and those that have
// left.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "http/shard/connection.h"
#include "tests/http/calm_world.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

void expect_forgotten(ShardWorld& shard) {
  EXPECT_EQ(shard.channel_stats().viewers.value(), 0u);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  EXPECT_EQ(shard.stats().errors.value(), 0u);
  EXPECT_EQ(shard.world.ring().watchers(), 0u);
  EXPECT_EQ(shard.state.admission.viewers(), 0u);
}

// A close looks like a half-close until the peer answers bytes with a reset: those of the next
// frame, or of the next repeat (every 1.9 s) if the camera delivers a frame in 100 s. The send
// after that fails.
TEST(ConnectionHalfClose, ViewerThatClosesIsForgottenSoon) {
  const std::vector<std::pair<double, Duration>> cases = {{30, 70ms}, {0.01, 3800ms}};
  for (const auto& [fps, limit] : cases) {
    SCOPED_TRACE(fps);
    ShardWorld shard(calm_world(fps, 20'000));
    SimViewer& viewer = shard.world.add({});
    shard.run_for(1s);
    ASSERT_EQ(shard.channel_stats().viewers.value(), 1u);
    EXPECT_EQ(shard.world.ring().watchers(), 1u);
    viewer.close();
    shard.run_for(limit);
    expect_forgotten(shard);
  }
}

TEST(ConnectionHalfClose, AViewerThatIsResetIsForgottenAtOnce) {
  ShardWorld shard(calm_world(0.01, 20'000));
  shard.world.add({.reset_after = 10'000});
  shard.run_for(1s);
  expect_forgotten(shard);
}

// Nothing shows whether it is still there, so it is not kept indefinitely.
TEST(ConnectionHalfClose, AViewerThatClosesBeforeItsFirstFrameIsForgotten) {
  SimWorldConfig config = calm_world(30, 20'000);
  config.camera.drop = 1;
  ShardWorld shard(config);
  SimViewer& left = shard.world.add({.close_at = 1s});
  SimViewer& half_closed = shard.world.add({.half_close = true});
  shard.run_for(4s);
  EXPECT_EQ(shard.channel_stats().viewers.value(), 2u);
  shard.run_for(2100ms);
  EXPECT_EQ(left.end(), SimEnd::left);
  EXPECT_EQ(half_closed.end(), SimEnd::finished);
  EXPECT_TRUE(half_closed.stream().closed);
  expect_forgotten(shard);
}

TEST(ConnectionHalfClose, AHalfClosedViewerIsServedToTheEndOfItsStream) {
  for (const ZeroCopyMode mode : {ZeroCopyMode::on, ZeroCopyMode::off}) {
    ServerConfig config;
    config.zero_copy = mode;
    ShardWorld shard(calm_world(30, 100'000), config);
    const SimLink link{.send_buffer = 256 << 10, .latency = 2ms};
    SimViewer& five =
        shard.world.add({.request = get("/stream?frames=5"), .half_close = true, .link = link});
    SimViewer& endless = shard.world.add({.half_close = true, .link = link});
    SimViewer& slow =
        shard.world.add({.half_close = true, .read_rate = 300'000, .link = {.send_buffer = 32768}});
    shard.run_for(20s);
    EXPECT_EQ(five.end(), SimEnd::finished);
    EXPECT_EQ(five.stream().frames, 5u);
    EXPECT_TRUE(five.stream().closed);
    EXPECT_EQ(endless.end(), SimEnd::open);
    EXPECT_GE(endless.stream().frames, 29u * 19);
    EXPECT_EQ(slow.end(), SimEnd::open);
    EXPECT_GE(slow.stream().frames, 50u);
    shard.stop();
    for (const SimViewer* viewer : {&endless, &slow}) {
      EXPECT_EQ(viewer->end(), SimEnd::finished);
      EXPECT_TRUE(viewer->stream().closed);
    }
    EXPECT_EQ(shard.world.complaints(), "");
    EXPECT_EQ(shard.world.leftovers(), "");
    EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
    expect_forgotten(shard);
  }
}

// Otherwise io_uring would use a thread for each of them as long as they stall.
TEST(ConnectionHalfClose, NoSendWaitsInTheKernelEvenIfACancelHasNoEffect) {
  SimWorldConfig config = calm_world(30, 100'000);
  config.faults.cancel_lost = 1;
  ServerConfig server;
  server.zero_copy = ZeroCopyMode::off;  // a zero-copy send is in flight until its notification
  ShardWorld shard(config, server);
  shard.run_for(1ms);
  const size_t in_flight = shard.world.backend().in_flight();  // an accept, a wait for frames
  RawClient viewer(shard, {.send_buffer = 32 << 10, .receive_window = 16 << 10});
  viewer.set_reading(false);
  viewer.send(get("/stream"));
  shard.run_for(1s);
  EXPECT_GT(shard.world.backend().in_flight(), in_flight);  // a send and a receive
  viewer.end_writing();
  shard.run_for(1s);
  EXPECT_GT(shard.world.backend().in_flight(), in_flight);  // the cancels had no effect
  shard.world.backend().set_cancel_lost(0);
  shard.run_for(1s);
  EXPECT_EQ(shard.world.backend().in_flight(), in_flight);
  EXPECT_EQ(shard.channel_stats().viewers.value(), 1u);
}

// Its sends are too rare to detect a close: it is ended in order instead.
TEST(ConnectionHalfClose, AHalfClosedViewerOfASlowStreamGetsTheEndInOrder) {
  ShardWorld shard(calm_world(30, 20'000));
  SimViewer& viewer = shard.world.add({.request = get("/stream?fps=0.5"), .half_close = true});
  shard.run_for(1s);
  EXPECT_EQ(viewer.end(), SimEnd::finished);
  EXPECT_EQ(viewer.violation(), "");
  EXPECT_EQ(viewer.stream().frames, 2u) << "the newest again, with the closing delimiter";
  EXPECT_TRUE(viewer.stream().closed);
  expect_forgotten(shard);
}

// What a viewer sends has no meaning, but the end behind it has.
TEST(ConnectionHalfClose, TheEndIsSeenBehindStrayBytes) {
  ShardWorld shard(calm_world(30, 20'000));
  RawClient viewer(shard);
  viewer.send(get("/stream?fps=0.5"));
  shard.run_for(100ms);
  for (int i = 0; i < 3; ++i) {
    viewer.send("stray");
    shard.run_for(10ms);
  }
  EXPECT_EQ(viewer.ended_at(), kNever);
  viewer.end_writing();
  shard.run_for(100ms);
  EXPECT_TRUE(viewer.stream().closed);
  EXPECT_TRUE(viewer.finished());
  expect_forgotten(shard);
}

TEST(ConnectionHalfClose, PipelinedRequestsBeforeAHalfCloseAreAnswered) {
  ShardWorld shard(calm_world(30, 100'000));
  RawClient client(shard, {.send_buffer = 16 << 10, .receive_window = 16 << 10, .latency = 5ms});
  client.send(get("/snapshot") + get("/state") + get("/cameras") + get("/snapshot"));
  client.end_writing();
  shard.run_for(2s);
  ASSERT_EQ(client.responses().size(), 4u) << client.violation();
  EXPECT_EQ(client.responses()[0].body.size(), 100'000u);
  EXPECT_EQ(client.responses()[3].body.size(), 100'000u);
  EXPECT_TRUE(client.finished());
  expect_forgotten(shard);
}

}  // namespace
}  // namespace fanlight
