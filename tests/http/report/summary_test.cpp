// SPDX-License-Identifier: Apache-2.0
#include "http/report/summary.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/http/calm_world.h"
#include "tests/http/json_check.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

constexpr size_t kFrameBytes = 1'000;

ServerConfig named() {
  ServerConfig config;
  config.version = "1.2.3";
  return config;
}

TEST(Summary, CountsWhatWasDroppedForAnyReason) {
  ShardWorld shard(calm_world(10, kFrameBytes), named());
  CaptureStats& stats = shard.world.ring().stats();
  stats.dropped_no_place.set(1);
  stats.dropped_bad.set(20);
  stats.lost_by_device.set(300);
  stats.damaged_by_device.set(4000);
  stats.dropped_late.set(50000);
  const JsonCheck json(ask(shard, get("/api/v1/summary")).body);
  EXPECT_EQ(json.at("cameras[0].dropped"), "54321");
}

TEST(Summary, PagesAskLessOftenTheMoreTheyAre) {
  EXPECT_EQ(poll_seconds(0), 2u);
  EXPECT_EQ(poll_seconds(400), 2u);
  EXPECT_EQ(poll_seconds(401), 3u);
  EXPECT_EQ(poll_seconds(5'000), 25u);
  EXPECT_EQ(poll_seconds(1'000'000), 60u);
}

TEST(Summary, HasTheRightFigures) {
  ShardWorld shard(calm_world(10, kFrameBytes), named());
  shard.world.add({.request = get("/stream?fps=2.5")});
  const SimViewer& fast = shard.world.add({});
  shard.run_for(5050ms);
  shard.channel_stats().frame_age.record(1500ms);  // on a calm simulated kernel it is always 0
  const ParsedResponse response = ask(shard, get("/api/v1/summary"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  EXPECT_EQ(response.headers.at("cache-control"), "no-cache");
  EXPECT_EQ(response.headers.at("content-length"), std::to_string(response.body.size()));
  EXPECT_LT(response.body.size(), 4096u);
  const JsonCheck json(response.body);
  ASSERT_TRUE(json.valid()) << response.body;
  EXPECT_EQ(json.at("version"), "1.2.3");
  EXPECT_EQ(json.at("viewers"), "2");
  EXPECT_EQ(json.at("max_viewers"), "1000");
  EXPECT_EQ(json.at("allow_control"), "false");
  EXPECT_EQ(json.at("poll_seconds"), "2");
  EXPECT_EQ(json.at("uptime_seconds"), "5.050");
  EXPECT_EQ(json.size("cameras"), 1u);
  const ChannelStats& channel = shard.channel_stats();
  const auto number = [&json](const char* key) {
    return std::stod(json.at("cameras[0]." + std::string(key)));
  };
  EXPECT_EQ(json.at("cameras[0].name"), "cam");
  EXPECT_EQ(json.at("cameras[0].state"), "live");
  EXPECT_EQ(json.at("cameras[0].reason"), "");
  EXPECT_EQ(json.at("cameras[0].nominal_fps"), "10.000");
  EXPECT_EQ(number("viewers"), 2);
  EXPECT_EQ(number("frames_sent"), double(channel.frames_sent.value()));
  EXPECT_GT(number("frames_sent"), double(fast.stream().frames));
  EXPECT_EQ(number("frames_skipped"), double(channel.frames_skipped.value()));
  EXPECT_GT(number("frames_skipped"), 30) << "of the viewer that wants 2.5 of 10 a second";
  EXPECT_GE(number("bytes_sent"), number("frames_sent") * kFrameBytes);
  EXPECT_GT(std::stod(json.at("bytes_sent")), number("bytes_sent")) << "heads are in it too";
  EXPECT_EQ(number("captured"), double(shard.world.camera().last_sequence()));
  EXPECT_EQ(number("dropped"), 0);
  EXPECT_NEAR(number("newest_age_seconds"), 0.05, 0.05);
  EXPECT_EQ(number("frame_age_count"), number("frames_sent") + 1);
  EXPECT_EQ(number("frame_age_sum_seconds"), 1.5);
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

// The longest possible text fits into one step.
TEST(Summary, AStepIsBounded) {
  SimWorldConfig config = calm_world(10, kFrameBytes);
  ShardWorld shard(config, named());
  shard.run_for(1s);
  for (Counter ChannelStats::*counter :
       {&ChannelStats::viewers, &ChannelStats::frames_sent, &ChannelStats::frames_skipped,
        &ChannelStats::bytes_sent}) {
    (shard.channel_stats().*counter).set(~uint64_t{0});
  }
  CaptureStats& stats = shard.world.ring().stats();
  for (Counter* counter : {&stats.width, &stats.height, &stats.captured}) {
    counter->set(~uint64_t{0});
  }
  std::array<char, kSummaryStepMax> room;
  Summary summary(shard.shard.services());
  for (size_t step = 0; step < 2; ++step) {
    TextWriter text(room);
    summary.write_step(text);
    // A reason of 80 characters, all of them escaped, and a name of 32 would be added.
    EXPECT_LT(text.size() + 80 * 6 + 32, kSummaryStepMax) << step;
  }
  shard.channel_stats().viewers.set(0);
}

}  // namespace
}  // namespace fanlight
