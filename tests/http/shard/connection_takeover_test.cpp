// SPDX-License-Identifier: Apache-2.0
// One stream on its way from one process to the next: nothing of it is lost, and it can come back.
#include <gtest/gtest.h>

#include "http/shard/connection.h"
#include "tests/http/calm_world.h"
#include "tests/http/raw_client.h"
#include "tests/http/takeover_world.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {
namespace {

using Step = PassingOrder::Step;

// Every form goes on where it was: its parser sees no difference, and no frame is missing.
TEST(ConnectionTakeover, EachFormOfStreamGoesOn) {
  for (const char* target : {"/stream", "/stream?advance_headers=1", "/video_feed",
                             "/video_feed?advance_headers=1", "/stream?dual_final_frames=1"}) {
    ShardWorld shard(calm_world(10));
    RawClient client(shard);
    client.send(get(target));
    shard.run_for(1s);
    const ParsedStream before = client.stream();
    TakeoverWorld takeover(shard);
    takeover.carry_out(Step::hold);
    const std::vector<PassedStream> passed = takeover.pass_on();
    ASSERT_EQ(passed.size(), 1u) << target;
    shard.run_for(1ms);
    EXPECT_EQ(shard.channel_stats().viewers.value(), 0u);
    EXPECT_EQ(shard.state.admission.viewers(), 0u);
    EXPECT_EQ(shard.state.admission.connections(), 0u);
    takeover.carry_out(Step::resume);
    takeover.take(passed);
    EXPECT_EQ(shard.state.admission.viewers(), 1u);
    shard.run_for(1s);
    EXPECT_EQ(client.violation(), "") << target;
    EXPECT_EQ(client.ended_at(), kNever) << target;
    EXPECT_GE(client.stream().frames, before.frames + 9) << target;
    EXPECT_EQ(client.stream().gaps, before.gaps) << target;
    expect_nothing_left(shard);
    EXPECT_TRUE(client.stream().closed) << target;
  }
}

TEST(ConnectionTakeover, TheNumberOfFramesIsThatOfBothTogether) {
  ShardWorld shard(calm_world(10));
  RawClient client(shard);
  client.send(get("/stream?frames=15"));
  shard.run_for(1s);
  TakeoverWorld takeover(shard);
  takeover.carry_out(Step::hold);
  const auto passed = takeover.pass_on();
  takeover.carry_out(Step::resume);
  takeover.take(passed);
  shard.run_for(2s);
  EXPECT_EQ(client.stream().frames, 15u);
  EXPECT_TRUE(client.stream().closed);
  EXPECT_TRUE(client.finished());
  expect_nothing_left(shard);
}

// While it is held, it gets nothing.
TEST(ConnectionTakeover, BeginsNoFrameWhileItIsHeld) {
  ShardWorld shard(calm_world(10));
  RawClient client(shard);
  client.send(get("/stream"));
  shard.run_for(1s);
  TakeoverWorld takeover(shard);
  takeover.carry_out(Step::hold);
  shard.run_for(50ms);
  const uint64_t frames = client.stream().frames;
  shard.run_for(5s);
  EXPECT_EQ(client.stream().frames, frames);
  takeover.carry_out(Step::resume);
  shard.run_for(1s);
  EXPECT_GE(client.stream().frames, frames + 9);
  EXPECT_EQ(client.violation(), "");
  expect_nothing_left(shard);
}

// Collected or not, cancelled or still being cancelled.
TEST(ConnectionTakeover, ComesBackAtAnyMoment) {
  for (const Duration wait : {Duration(0), Duration(1us), Duration(1ms), Duration(100ms)}) {
    for (const bool is_collected : {false, true}) {
      ShardWorld shard(calm_world(10));
      RawClient client(shard);
      client.send(get("/stream"));
      shard.run_for(1s);
      TakeoverWorld takeover(shard);
      takeover.carry_out(Step::hold);
      shard.run_for(wait);
      if (is_collected) takeover.carry_out(Step::collect);
      takeover.carry_out(Step::resume);
      const uint64_t frames = client.stream().frames;
      shard.run_for(1s);
      EXPECT_GE(client.stream().frames, frames + 9);
      EXPECT_EQ(client.violation(), "");
      client.close();
      shard.run_for(4s);
      EXPECT_EQ(shard.stats().connections_open.value(), 0u) << "its end is noticed again";
      expect_nothing_left(shard);
    }
  }
}

// A client that leaves meanwhile is noticed by whoever has it.
TEST(ConnectionTakeover, TheEndOfAClientIsFoundAgain) {
  ShardWorld shard(calm_world(10));
  RawClient client(shard);
  client.send(get("/stream"));
  shard.run_for(1s);
  TakeoverWorld takeover(shard);
  takeover.carry_out(Step::hold);
  const auto passed = takeover.pass_on();
  client.close();
  shard.run_for(100ms);
  takeover.carry_out(Step::resume);
  takeover.take(passed);
  shard.run_for(4s);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  EXPECT_EQ(shard.state.admission.viewers(), 0u);
  expect_nothing_left(shard);
}

// The frame that is being sent ends first; a client that takes it slowly is not waited for.
TEST(ConnectionTakeover, AFrameIsFinishedFirst) {
  ShardWorld shard(calm_world(10, 100'000));
  RawClient slow(shard, {.bytes_per_second = 20'000});
  RawClient fast(shard);
  slow.send(get("/stream"));
  fast.send(get("/stream"));
  shard.run_for(2s);
  TakeoverWorld takeover(shard);
  takeover.carry_out(Step::hold);
  shard.run_for(50ms);
  const std::vector<PassedStream> passed = takeover.pass_on();
  EXPECT_EQ(passed.size(), 1u);
  EXPECT_EQ(takeover.order().busy, 1u);
  takeover.order().waits_for_busy = true;
  takeover.order().until = shard.world.now() + 20s;
  takeover.begin(Step::collect);
  EXPECT_TRUE(shard.run_until([&] { return takeover.is_done(); }, 20s));
  EXPECT_EQ(takeover.order().count, 1u);
  EXPECT_EQ(takeover.order().busy, 0u);
  takeover.carry_out(Step::resume);
  takeover.take(passed);
  expect_nothing_left(shard);
}

// One that ends with that frame is no longer held, and is not resumed.
TEST(ConnectionTakeover, ALastFrameEndsIt) {
  ShardWorld shard(calm_world(10, 100'000));
  RawClient slow(shard, {.bytes_per_second = 50'000});
  slow.send(get("/stream?frames=1"));
  shard.run_for(500ms);
  TakeoverWorld takeover(shard);
  takeover.carry_out(Step::hold);
  takeover.carry_out(Step::collect);
  EXPECT_EQ(takeover.order().busy, 1u);
  EXPECT_TRUE(shard.run_until([&] { return slow.stream().closed; }, 20s));
  takeover.carry_out(Step::collect);
  EXPECT_EQ(takeover.order().busy, 0u);
  EXPECT_EQ(takeover.order().count, 0u);
  takeover.carry_out(Step::resume);
  EXPECT_TRUE(slow.finished());
  expect_nothing_left(shard);
}

// A right to watch that ends while a frame is sent ends the stream here.
TEST(ConnectionTakeover, ARightThatHasEndedIsNotPassedOn) {
  ShardWorld shard(calm_world(10, 100'000));
  RawClient slow(shard, {.bytes_per_second = 10'000});
  slow.send(get("/stream"));
  shard.run_for(100ms);
  TakeoverWorld takeover(shard);
  takeover.carry_out(Step::hold);
  takeover.order().waits_for_busy = true;
  takeover.order().until = shard.world.now() + 40s;
  takeover.begin(Step::collect);
  ASSERT_TRUE(shard.run_until([&] { return takeover.is_done(); }, 40s));
  ASSERT_EQ(takeover.order().count, 1u);
  std::vector<PassedStream> passed = takeover.pass_collected();
  takeover.carry_out(Step::resume);
  const auto now = std::chrono::ceil<std::chrono::seconds>(shard.world.now().time_since_epoch());
  passed[0].state.ends = static_cast<uint32_t>(now.count()) + 1;
  takeover.take(passed);
  for (const Step step : {Step::hold, Step::collect}) {
    // It is sending all the time: a frame takes ten seconds.
    shard.run_for(step == Step::hold ? 200ms : 12s);
    takeover.order().waits_for_busy = false;
    takeover.carry_out(step);
  }
  EXPECT_EQ(takeover.order().count, 0u);
  EXPECT_EQ(takeover.order().busy, 0u);
  EXPECT_TRUE(shard.run_until([&] { return shard.channel_stats().viewers.value() == 0; }, 40s));
  takeover.carry_out(Step::resume);
  expect_nothing_left(shard);
}

// A relay stays on rung 0, wherever it goes on; what else was chosen stays here.
TEST(ConnectionTakeover, ARelayKeepsItsRung) {
  SimWorldConfig config = calm_world(10);
  config.rung_bytes = {1'000};
  ShardWorld shard(config);
  RawClient relay(shard);
  RawClient chooser(shard);
  relay.send("GET /stream HTTP/1.1\r\nHost: localhost\r\nUser-Agent: fanlight\r\n\r\n");
  chooser.send(get("/stream?rung=1"));
  shard.run_for(1s);
  TakeoverWorld takeover(shard);
  takeover.carry_out(Step::hold);
  const std::vector<PassedStream> passed = takeover.pass_on();
  takeover.carry_out(Step::resume);
  ASSERT_EQ(passed.size(), 1u);
  EXPECT_TRUE(passed[0].state.pinned);
  takeover.take(passed);
  takeover.carry_out(Step::hold);
  takeover.carry_out(Step::collect);
  ASSERT_EQ(takeover.order().count, 1u);
  EXPECT_TRUE(takeover.order().streams[0].state.pinned) << "there too";
  takeover.carry_out(Step::resume);
  expect_nothing_left(shard);
}

TEST(ConnectionTakeover, OthersGoOnHere) {
  ShardWorld shard(calm_world(10), {}, nullptr, 2);
  RawClient idle(shard);
  RawClient other_camera(shard);
  RawClient snapshot(shard);
  idle.send(get("/healthz"));
  other_camera.send(get("/cameras/cam-1/stream"));
  shard.run_for(500ms);
  TakeoverWorld takeover(shard);
  takeover.order().cameras = {true, false};
  takeover.carry_out(Step::hold);
  takeover.carry_out(Step::collect);
  EXPECT_EQ(takeover.order().count, 0u);
  EXPECT_EQ(takeover.order().busy, 0u);
  const uint64_t frames = other_camera.stream().frames;
  snapshot.send(get("/snapshot"));
  shard.run_for(1s);
  EXPECT_GE(other_camera.stream().frames, frames + 9);
  EXPECT_EQ(snapshot.status(), 200);
  EXPECT_EQ(idle.ended_at(), kNever);
  expect_nothing_left(shard);
}

TEST(ConnectionTakeover, WhatTheOtherProcessDoesNotGetEnds) {
  ShardWorld shard(calm_world(10, 100'000), {}, nullptr, 2);
  RawClient idle(shard);
  RawClient other_camera(shard);
  RawClient web_socket(shard);
  RawClient slow(shard, {.bytes_per_second = 2'000});
  idle.send(get("/healthz"));
  other_camera.send(get("/cameras/cam-1/stream"));
  web_socket.send(web_socket_request("/ws"));
  slow.send(get("/stream"));
  shard.run_for(500ms);
  RawClient newcomer(shard);
  shard.run_for(10ms);
  TakeoverWorld takeover(shard);
  takeover.order().cameras = {true, false};
  takeover.carry_out(Step::hold);
  takeover.pass_on();
  EXPECT_EQ(takeover.order().busy, 1u);
  shard.run_for(500ms);
  EXPECT_TRUE(idle.finished());
  EXPECT_TRUE(other_camera.stream().closed);
  EXPECT_TRUE(other_camera.finished());
  EXPECT_TRUE(web_socket.text().ends_with("\x88\x02\x03\xe9"));
  EXPECT_EQ(slow.ended_at(), kNever) << "it may yet end its frame";
  newcomer.send(get("/stream"));
  shard.run_for(100ms);
  EXPECT_EQ(newcomer.ended_at(), kNever);
  const auto followers = takeover.pass_on();
  EXPECT_EQ(followers.size(), 1u) << "it follows";
  takeover.take(followers);
  shard.stop();
}

// A stream that begins while others are passed on follows them, and one that is stopped meanwhile
// ends in order.
TEST(ConnectionTakeover, StopEndsWhatIsStillHeld) {
  ShardWorld shard(calm_world(10));
  RawClient parked(shard);
  RawClient collected(shard);
  parked.send(get("/stream"));
  collected.send(get("/stream"));
  shard.run_for(1s);
  TakeoverWorld takeover(shard);
  takeover.carry_out(Step::hold);
  takeover.carry_out(Step::collect);
  EXPECT_EQ(takeover.order().count, 2u);
  EXPECT_LE(shard.stop(), 2s);
  for (const RawClient* each : {&parked, &collected}) {
    EXPECT_TRUE(each->stream().closed);
    EXPECT_TRUE(each->finished());
  }
  EXPECT_EQ(shard.world.leftovers(), "");
}

}  // namespace
}  // namespace fanlight
