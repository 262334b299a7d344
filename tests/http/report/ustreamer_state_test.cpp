// SPDX-License-Identifier: Apache-2.0
#include "http/report/ustreamer_state.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/calm_world.h"
#include "tests/http/json_check.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

// Every key that ustreamer 6 reports for a stream without H.264.
TEST(UstreamerState, HasItsKeysForEveryClient) {
  ShardWorld shard(calm_world());
  shard.world.add({.request = get("/stream?advance_headers=1")});
  shard.world.add({.request = get("/stream?fps=5")});
  shard.run_for(5s);
  const JsonCheck json(ask(shard, get("/state")).body);
  ASSERT_TRUE(json.valid());
  EXPECT_EQ(json.at("ok"), "true");
  for (const char* key : {"instance_id", "encoder.type", "encoder.quality",
                          "source.resolution.width", "source.resolution.height", "source.online",
                          "source.desired_fps", "source.captured_fps", "stream.queued_fps"}) {
    EXPECT_NE(json.at("result." + std::string(key)), "absent") << key;
  }
  EXPECT_EQ(json.at("result.stream.clients"), "2");
  // They are numbered from 1, in the order in which they connected.
  const std::string ids[2] = {"result.stream.clients_stat.0000000000000001.",
                              "result.stream.clients_stat.0000000000000002."};
  EXPECT_EQ(json.at(ids[0] + "fps"), "10");
  EXPECT_EQ(json.at(ids[1] + "fps"), "5");
  EXPECT_EQ(json.at(ids[0] + "advance_headers"), "true");
  EXPECT_EQ(json.at(ids[1] + "advance_headers"), "false");
  for (const char* key : {"extra_headers", "dual_final_frames", "zero_data"}) {
    EXPECT_EQ(json.at(ids[0] + key), "false") << key;
  }
  EXPECT_EQ(json.at(ids[0] + "key"), "0");
}

TEST(UstreamerState, HasTheRightFigures) {
  ShardWorld shard(calm_world());
  shard.world.add({});
  shard.run_for(5s);
  const JsonCheck json(ask(shard, get("/state")).body);
  EXPECT_EQ(json.at("result.encoder.quality"), "80");
  EXPECT_EQ(json.at("result.source.online"), "true");
  EXPECT_EQ(json.at("result.source.desired_fps"), "10");
  EXPECT_EQ(json.at("result.source.captured_fps"), "10");
  EXPECT_EQ(json.at("result.stream.clients"), "1");
}

TEST(UstreamerState, ListsAllClientsOfThatCamera) {
  constexpr size_t kViewers = 200;
  ShardWorld shard(calm_world());
  for (size_t i = 0; i < kViewers; ++i) shard.world.add({.parse = false});
  shard.run_for(1s);
  const JsonCheck json(ask(shard, get("/cameras/cam/state")).body);
  ASSERT_TRUE(json.valid());
  size_t clients = 0;
  for (const auto& [path, value] : json.values()) clients += path.ends_with(".zero_data");
  EXPECT_EQ(clients, kViewers);
  EXPECT_EQ(json.at("result.stream.clients"), std::to_string(kViewers));
}

}  // namespace
}  // namespace fanlight
