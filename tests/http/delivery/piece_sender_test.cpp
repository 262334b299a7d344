// SPDX-License-Identifier: Apache-2.0
// Pieces as a whole shard sends them. Zero copy is in zero_copy_send_test.cpp, peers that have
// closed their half in connection_half_close_test.cpp.
#include "http/delivery/piece_sender.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/answer_world.h"

namespace fanlight {
namespace {

// A socket that takes a frame of kFrameBytes in several sends.
constexpr SimLink kNarrow{
    .send_buffer = 2'000, .receive_window = 2'000, .bytes_per_second = 50'000};

TEST(PieceSender, ContinuesWhereTheSocketStoppedTaking) {
  World shard;
  RawClient client(shard, kNarrow);
  client.send(get("/snapshot"));
  shard.run_for(1s);
  EXPECT_EQ(body_of(client.text()), picture(1));
  EXPECT_GT(shard.world.backend().counts().waiting_sends, 0u);
}

// Two slices, of which the first ends within a send.
TEST(PieceSender, ContinuesWithinEachOfSeveralSlices) {
  World shard;
  RawClient narrow(shard, kNarrow);
  narrow.send(get("/"));
  shard.run_for(2s);
  RawClient wide(shard);
  wide.send(get("/"));
  shard.run_for(100ms);
  EXPECT_TRUE(wide.answered());
  EXPECT_EQ(narrow.text().size(), wide.text().size());
  EXPECT_EQ(body_of(narrow.text()), body_of(wide.text()));
}

TEST(PieceSender, CountsAllBytesAndThoseOfFramesForTheirCamera) {
  World shard(10);
  RawClient client(shard);
  client.send(get("/stream"));
  shard.run_for(1s);
  const std::string head = stream_head("boundarydonotcross") + "--boundarydonotcross\r\n";
  ASSERT_TRUE(client.text().starts_with(head)) << client.text().substr(0, head.size());
  EXPECT_EQ(shard.stats().bytes_sent.value(), client.text().size());
  EXPECT_EQ(shard.channel_stats().bytes_sent.value(), client.text().size() - head.size());
}

TEST(PieceSender, AFailedSendEndsTheConnectionAndIsCounted) {
  SimWorldConfig config;
  config.faults.send_no_buffers = 1;  // every send fails
  ShardWorld shard(config);
  RawClient client(shard);
  client.send(get("/healthz"));
  shard.run_for(1s);
  EXPECT_TRUE(client.was_reset());
  EXPECT_EQ(shard.stats().errors.value(), 1u);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
}

}  // namespace
}  // namespace fanlight
