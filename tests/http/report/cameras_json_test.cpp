// SPDX-License-Identifier: Apache-2.0
#include "http/report/cameras_json.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/calm_world.h"
#include "tests/http/json_check.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

TEST(CamerasJson, IsForPrograms) {
  ShardWorld shard(calm_world(), {}, nullptr, 3);
  shard.run_for(1s);
  const ParsedResponse response = ask(shard, get("/cameras"));
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  const JsonCheck json(response.body);
  ASSERT_TRUE(json.valid());
  EXPECT_EQ(json.at("instance_id"),
            JsonCheck(ask(shard, get("/state")).body).at("result.instance_id"));
  EXPECT_EQ(json.size("cameras"), 3u);
  EXPECT_EQ(json.at("cameras[0].stream"), "/cameras/cam/stream");
  EXPECT_EQ(json.at("cameras[2].snapshot"), "/cameras/cam-2/snapshot");
}

}  // namespace
}  // namespace fanlight
