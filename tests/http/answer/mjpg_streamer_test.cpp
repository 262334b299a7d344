// SPDX-License-Identifier: Apache-2.0
#include "http/answer/mjpg_streamer.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/calm_world.h"
#include "tests/http/json_check.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

TEST(MjpgStreamer, ItsFilesAreJson) {
  ShardWorld shard(calm_world());
  shard.world.ring().stats().width.set(640);
  shard.world.ring().stats().height.set(480);
  for (const char* path : {"/input_0.json", "/input.json"}) {
    const ParsedResponse response = ask(shard, get(path));
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.headers.at("content-type"), "application/json");
    const JsonCheck json(response.body);
    ASSERT_TRUE(json.valid()) << response.body;
    EXPECT_EQ(json.size("controls"), 0u);
    EXPECT_EQ(json.at("formats[0].current"), "true");
    EXPECT_EQ(json.at("formats[0].resolutions.0"), "640x480");
  }
  EXPECT_TRUE(JsonCheck(ask(shard, get("/output_0.json")).body).valid());
  EXPECT_EQ(JsonCheck(ask(shard, get("/program.json")).body).at("inputs[0].name"), "cam");
  for (const char* path : {"/input_1.json", "/output_1.json", "/input_.json", "/input_0.jsn"}) {
    EXPECT_EQ(ask(shard, get(path)).status, 404) << path;
  }
}

// A page from another origin can make a browser GET anything.
TEST(MjpgStreamer, NothingIsChangedByGet) {
  ShardWorld shard(calm_world());
  const ParsedResponse command =
      ask(shard, get("/?action=command&dest=0&plugin=0&id=9963776&group=1&value=7"));
  EXPECT_EQ(command.status, 501);
  EXPECT_EQ(command.body, "501 Not Implemented: change controls by PATCH /cameras/NAME/controls\n");
  const ParsedResponse take = ask(shard, get("/?action=take&filename=x.jpg"));
  EXPECT_EQ(take.status, 501);
  EXPECT_EQ(take.body, "501 Not Implemented: saving files is not supported; use GET /snapshot\n");
}

}  // namespace
}  // namespace fanlight
