// SPDX-License-Identifier: Apache-2.0
#include "http/report/server_report.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/http/calm_world.h"
#include "tests/http/json_check.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

template <class Write>
JsonCheck written(Write write) {
  std::array<char, 4000> room;
  TextWriter text(room);
  JsonPosition position = JsonPosition::first;
  JsonWriter json(text, position);
  write(json);
  return JsonCheck({room.data(), text.size()});
}

JsonCheck members(ShardWorld& shard, bool whole = true) {
  return written([&](JsonWriter& json) {
    json.begin_object();
    write_server_members(shard.shard.services(), whole, json);
    json.end_object();
  });
}

TEST(ServerReport, TellsTheBudgetOfTheNetworkIfThereIsOne) {
  ShardWorld free(calm_world());
  EXPECT_EQ(members(free).at("egress"), "null");
  ServerConfig config;
  config.wire.bits_per_second = 100'000'000;
  config.wire.origin = "--max-egress";
  ShardWorld shard(calm_world(), config);
  const JsonCheck json = members(shard);
  ASSERT_TRUE(json.valid());
  EXPECT_EQ(json.at("egress.bits_per_second"), "100000000");
  EXPECT_EQ(json.at("egress.usable_bytes_per_second"), "11875000");
  EXPECT_EQ(json.at("egress.origin"), "--max-egress");
  EXPECT_EQ(json.at("egress.waiting"), "0");
  EXPECT_EQ(json.at("view"), "whole");
  EXPECT_EQ(members(shard, false).at("view"), "viewer");
}

TEST(ServerReport, InstancesDiffer) {
  ShardWorld shard(calm_world());
  EXPECT_EQ(members(shard).at("instance_id"), fmt::format("{:x}", instance_id(shard.state)));
  EXPECT_NE(instance_id(shard.state), 0u);
}

TEST(ServerReport, AShardHasFiguresOfItsOwnAndOfItsCameras) {
  FrameRing front({}), back({});
  ServerState state({}, {{"front", "x", &front}, {"back", "x", &back}}, 2, WallTime());
  state.links[1]->stats.evicted_memory.set(7);
  state.links[1]->stats.errors.set(9);
  state.links[1]->channels[0].frames_sent.set(3);
  state.links[1]->channels[1].frames_sent.set(4);
  const JsonCheck json = written([&](JsonWriter& to) { write_shard_object(state, 1, to); });
  ASSERT_TRUE(json.valid());
  EXPECT_EQ(json.at("index"), "1");
  EXPECT_EQ(json.at("frames_sent"), "7");
  EXPECT_EQ(json.at("evicted_memory"), "7");
  EXPECT_EQ(json.at("connection_errors"), "9");
}

// Every figure at its maximum.
TEST(ServerReport, ARowIsBounded) {
  FrameRing ring({});
  ServerState state({}, {{std::string(32, 'n'), "x", &ring}}, 1, WallTime());
  auto* counters = reinterpret_cast<Counter*>(&state.links[0]->stats);
  for (size_t i = 0; i < sizeof(ShardStats) / sizeof(Counter); ++i) counters[i].set(~uint64_t{0});
  for (Counter ChannelStats::*counter :
       {&ChannelStats::viewers, &ChannelStats::frames_sent, &ChannelStats::frames_repeated,
        &ChannelStats::frames_skipped, &ChannelStats::bytes_sent}) {
    (state.links[0]->channels[0].*counter).set(~uint64_t{0});
  }
  std::array<char, 2048> room;  // the minimum that a body provides
  TextWriter text(room);
  JsonPosition position = JsonPosition::first;
  JsonWriter json(text, position);
  write_shard_object(state, 0, json);
  EXPECT_LE(text.size(), room.size() - JsonWriter::kSpareBytes);
  EXPECT_TRUE(JsonCheck({room.data(), text.size()}).valid());
}

}  // namespace
}  // namespace fanlight
