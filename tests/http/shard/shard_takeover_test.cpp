// SPDX-License-Identifier: Apache-2.0
// A shard's part in a takeover: many streams, places, new clients.
#include <gtest/gtest.h>

#include <memory>

#include "http/shard/shard.h"
#include "tests/http/calm_world.h"
#include "tests/http/raw_client.h"
#include "tests/http/takeover_world.h"

namespace fanlight {
namespace {

using Step = PassingOrder::Step;

std::vector<std::unique_ptr<RawClient>> add_streams(ShardWorld& shard, size_t count,
                                                    const SimLink& link = {}) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (size_t i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<RawClient>(shard, link));
    clients.back()->send(get("/stream"));
  }
  shard.run_for(1s);
  return clients;
}

TEST(ShardTakeover, PassesAllOnInSeveralMessages) {
  ServerConfig config = named();
  ShardWorld shard(calm_world(10), config);
  const auto clients = add_streams(shard, 290);
  TakeoverWorld takeover(shard);
  takeover.carry_out(Step::hold);
  std::vector<std::vector<PassedStream>> batches;
  do {
    batches.push_back(takeover.pass_on());
  } while (!batches.back().empty());
  ASSERT_EQ(batches.size(), 4u);
  EXPECT_EQ(batches[0].size(), PassingOrder::kStreamsMax);
  EXPECT_EQ(batches[2].size(), 290 - 2 * PassingOrder::kStreamsMax);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  takeover.carry_out(Step::resume);
  for (const auto& batch : batches) takeover.take(batch);
  EXPECT_EQ(shard.state.admission.viewers(), 290u);
  EXPECT_EQ(shard.state.admission.connections(), 290u);
  shard.run_for(1s);
  for (const auto& client : clients) {
    EXPECT_EQ(client->violation(), "");
    EXPECT_GE(client->stream().frames, 18u);
  }
  expect_nothing_left(shard);
}

// What was admitted before is not refused because a limit is lower now; what has no place is
// closed.
TEST(ShardTakeover, KeepsViewersAsLongAsThereArePlaces) {
  ServerConfig config = named();
  config.admission.viewers_per_address = 5;
  ShardWorld shard(calm_world(10), config);
  const auto clients = add_streams(shard, 5);
  TakeoverWorld takeover(shard);
  takeover.carry_out(Step::hold);
  const auto passed = takeover.pass_on();
  takeover.carry_out(Step::resume);
  shard.state.admission.set_limits({1, 1, 1});
  takeover.take(passed);
  EXPECT_EQ(shard.state.admission.viewers(), 5u);
  shard.run_for(1s);
  for (const auto& client : clients) EXPECT_GE(client->stream().frames, 18u);
  expect_nothing_left(shard);
}

TEST(ShardTakeover, ClosesWhatHasNoPlace) {
  ServerConfig config = named();
  config.admission.viewers_max = 3;
  ShardWorld shard(calm_world(10), config);
  const auto clients = add_streams(shard, 3);
  TakeoverWorld takeover(shard);
  takeover.carry_out(Step::hold);
  const auto passed = takeover.pass_on();
  takeover.carry_out(Step::resume);
  RawClient another(shard);
  another.send(get("/stream"));
  shard.run_for(1s);
  EXPECT_EQ(another.status(), 200);
  takeover.take(passed);
  shard.run_for(1s);
  EXPECT_EQ(shard.state.admission.viewers(), 3u);
  EXPECT_EQ(shard.stats().refused_full.value(), 1u);
  size_t ended = 0;
  for (const auto& client : clients) ended += client->ended_at() != kNever;
  EXPECT_EQ(ended, 1u);
  expect_nothing_left(shard);
}

// They wait for whoever accepts next.
TEST(ShardTakeover, AcceptsNothingMeanwhile) {
  ShardWorld shard(calm_world(10));
  TakeoverWorld takeover(shard);
  takeover.carry_out(Step::hold);
  shard.run_for(100ms);
  RawClient client(shard);
  client.send(get("/healthz"));
  shard.run_for(5s);
  EXPECT_FALSE(client.answered());
  takeover.carry_out(Step::resume);
  shard.run_for(100ms);
  EXPECT_EQ(client.status(), 200);
  expect_nothing_left(shard);
}

TEST(ShardTakeover, AnswersInTimeAlsoWhenNothingEnds) {
  ShardWorld shard(calm_world(10, 100'000));
  const auto clients = add_streams(shard, 2, {.bytes_per_second = 2'000});
  TakeoverWorld takeover(shard);
  takeover.carry_out(Step::hold);
  takeover.carry_out(Step::collect, 10ms);
  EXPECT_EQ(takeover.order().count, 0u);
  EXPECT_EQ(takeover.order().busy, 2u);
  takeover.order().waits_for_busy = true;
  takeover.order().until = shard.world.now() + 100ms;
  takeover.carry_out(Step::collect, 110ms);
  EXPECT_EQ(takeover.order().busy, 2u);
  shard.stop();
}

}  // namespace
}  // namespace fanlight
