// SPDX-License-Identifier: Apache-2.0
// choose_rung() of stream_parameters.h, as clients see it.
#include <gtest/gtest.h>

#include <string>

#include "tests/http/answer_world.h"

namespace fanlight {
namespace {

SimWorldConfig with_rungs() {
  SimWorldConfig config;
  config.camera.fps = 10;
  config.camera.size_min = config.camera.size_max = 5'000;
  config.rung_bytes = {2'000, 1'000};  // 640x360 and 320x180
  return config;
}

struct RungChoiceTest : testing::Test {
  ShardWorld shard{with_rungs()};

  RungChoiceTest() {
    shard.run_for(1s);
    shard.world.ring().stats().width.set(1280);
    shard.world.ring().stats().height.set(720);
  }
  ~RungChoiceTest() override { expect_nothing_left(shard); }

  // The size of the picture.
  size_t snapshot(const std::string& query) {
    const ParsedResponse answer = ask(shard, get("/snapshot" + query));
    EXPECT_EQ(answer.status, 200) << query;
    return answer.body.size();
  }
  void expect_error(const std::string& query, int status, const std::string& text) {
    for (const char* path : {"/snapshot", "/stream", "/cameras/cam/stream"}) {
      const ParsedResponse answer = ask(shard, get(path + query));
      EXPECT_EQ(answer.status, status) << query;
      EXPECT_NE(answer.body.find(text), std::string::npos) << answer.body;
    }
  }
};

TEST_F(RungChoiceTest, ByNumber) {
  EXPECT_EQ(snapshot(""), 5'000u);
  EXPECT_EQ(snapshot("?rung=0"), 5'000u);
  EXPECT_EQ(snapshot("?rung=1"), 2'000u);
  EXPECT_EQ(snapshot("?rung=2"), 1'000u);
}

TEST_F(RungChoiceTest, TheLargestThatFits) {
  EXPECT_EQ(snapshot("?size=320x180"), 1'000u);
  EXPECT_EQ(snapshot("?size=640x359"), 1'000u);
  EXPECT_EQ(snapshot("?size=640x360"), 2'000u);
}

TEST_F(RungChoiceTest, NothingIsEnlarged) {
  EXPECT_EQ(snapshot("?size=1280x720"), 5'000u);
  EXPECT_EQ(snapshot("?size=65535x65535"), 5'000u);
}

TEST_F(RungChoiceTest, WhatThereIsNotIsAnsweredWithWhatThereIs) {
  expect_error("?rung=3", 404, "there is no such rung; there are 0: ");
  expect_error("?rung=255", 404, ", 1: 640x360, 2: 320x180");
  expect_error("?size=100x100", 404, "no rung is that small; there are 0: ");
}

TEST_F(RungChoiceTest, MistakesAreNamed) {
  for (const char* query : {"?rung=", "?rung=-1", "?rung=256", "?rung=1.0", "?rung=1&rung=1"}) {
    expect_error(query, 400, "rung: must be a whole number");
  }
  for (const char* query : {"?size=", "?size=640", "?size=0x0", "?size=640x", "?size=x360",
                            "?size=640x360x2", "?size=-1x2", "?size=65536x10"}) {
    expect_error(query, 400, "size: must be WIDTHxHEIGHT");
  }
  expect_error("?rung=1&size=640x360", 400, "give one of them");
  expect_error("?rung=1&at=-1s", 400, "the history is of rung 0");
}

TEST_F(RungChoiceTest, SizesThatAreNotKnownYet) {
  shard.world.ring().stats().width.set(0);
  expect_error("?size=640x360", 503, "not known yet");
  EXPECT_EQ(snapshot("?rung=1"), 2'000u);
}

}  // namespace
}  // namespace fanlight
