// SPDX-License-Identifier: Apache-2.0
// What becomes of each kind of connection when the server stops.
#include <gtest/gtest.h>

#include "http/shard/connection.h"
#include "tests/http/calm_world.h"
#include "tests/http/raw_client.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {
namespace {

constexpr Duration kAtOnce = 5ms;

TEST(ConnectionStop, EndsEveryKindOfConnectionInTime) {
  ShardWorld shard(calm_world(0.01, 20'000));
  RawClient idle(shard);
  RawClient busy(shard);
  RawClient snapshot(shard);
  RawClient plain(shard);
  RawClient advance(shard);
  busy.send("GET /healthz HTTP/1.1\r\n");
  snapshot.send(get("/snapshot?max_delay=0"));
  plain.send(get("/stream"));
  advance.send(get("/video_feed?advance_headers=1"));
  shard.run_for(100ms);
  EXPECT_LE(shard.stop(), 2s);
  for (const RawClient* one : {&idle, &busy, &snapshot}) {
    EXPECT_NE(one->ended_at(), kNever);
    EXPECT_EQ(one->text(), "");
  }
  EXPECT_TRUE(idle.finished());
  for (const RawClient* stream : {&plain, &advance}) {
    EXPECT_EQ(stream->violation(), "");
    EXPECT_TRUE(stream->stream().closed);
    EXPECT_TRUE(stream->finished());
  }
  EXPECT_EQ(shard.world.leftovers(), "");
}

// It does not know yet that the server stops, and is about to send its first request.
TEST(ConnectionStop, LeavesANewcomerTimeForItsRequest) {
  ShardWorld shard(calm_world(30, 20'000));
  RawClient kept(shard);
  RawClient late(shard);
  RawClient silent(shard);
  kept.send(get("/healthz"));
  shard.run_for(100ms);
  ASSERT_TRUE(kept.answered());
  const Instant begun = shard.world.now();
  shard.state.stopping = true;
  shard.state.wake_all();
  shard.world.backend().interrupt();
  shard.run_for(290ms);
  EXPECT_TRUE(kept.finished());
  EXPECT_LE(kept.ended_at() - begun, kAtOnce);
  late.send(get("/healthz"));
  shard.stop();
  EXPECT_EQ(late.status(), 200);
  EXPECT_TRUE(late.finished());
  EXPECT_EQ(silent.text(), "");
  ASSERT_TRUE(silent.finished());
  EXPECT_GE(silent.ended_at() - begun, 300ms);
  EXPECT_LE(silent.ended_at() - begun, 300ms + kAtOnce);
}

// 1001: the server goes away (RFC 6455 section 7.4.1).
TEST(ConnectionStop, EndsAWebSocketWithItsReason) {
  ShardWorld shard(calm_world(0.01, 20'000));
  RawClient client(shard);
  client.send(web_socket_request("/ws"));
  shard.run_for(100ms);
  ASSERT_EQ(client.ended_at(), kNever);
  shard.stop();
  EXPECT_TRUE(client.text().ends_with("\x88\x02\x03\xe9"));
  EXPECT_TRUE(client.finished());
}

TEST(ConnectionStop, EndsAStreamThatHasHadNoFrame) {
  SimWorldConfig config = calm_world(30, 20'000);
  config.camera.drop = 1;
  ShardWorld shard(config);
  SimViewer& plain = shard.world.add({});
  SimViewer& advance = shard.world.add({.request = get("/video_feed?advance_headers=1")});
  shard.run_for(100ms);
  EXPECT_LE(shard.stop(), kAtOnce);
  for (const SimViewer* viewer : {&plain, &advance}) {
    EXPECT_EQ(viewer->end(), SimEnd::finished);
    EXPECT_EQ(viewer->violation(), "");
    EXPECT_TRUE(viewer->stream().closed);
    EXPECT_EQ(viewer->stream().frames, 0u);
  }
}

}  // namespace
}  // namespace fanlight
