// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/viewer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/sim/shard_world.h"

namespace fanlight {
namespace {

SimWorldConfig calm(double fps, size_t frame_bytes = 5'000) {
  SimWorldConfig config;
  config.camera.fps = fps;
  config.camera.size_min = config.camera.size_max = frame_bytes;
  return config;
}

SimViewer& add(ShardWorld& shard, const std::string& target) {
  return shard.world.add({.request = get(target)});
}

std::vector<uint64_t> sequences_of(ShardWorld& shard, SimViewer& viewer, Duration duration) {
  std::vector<uint64_t> sequences;
  viewer.set_on_frame([&](uint64_t sequence) { sequences.push_back(sequence); });
  shard.run_for(duration);
  viewer.set_on_frame(nullptr);
  return sequences;
}

TEST(Viewer, FastViewerGetsEveryFrame) {
  ShardWorld shard(calm(30));
  const SimViewer& plain = add(shard, "/stream");
  const SimViewer& seed = add(shard, "/video_feed?advance_headers=1");
  shard.run_for(10s);
  for (const SimViewer* viewer : {&plain, &seed}) {
    EXPECT_EQ(viewer->stream().gaps, 0u);
    EXPECT_EQ(viewer->stream().repeats, 0u);
    EXPECT_EQ(viewer->stream().last_sequence, shard.world.camera().last_sequence());
    EXPECT_GE(viewer->stream().frames, 299u);
  }
  EXPECT_EQ(shard.channel_stats().frames_sent.value(),
            plain.stream().frames + seed.stream().frames);
  EXPECT_EQ(shard.channel_stats().frames_skipped.value(), 0u);
  EXPECT_EQ(shard.world.complaints(), "");
}

TEST(Viewer, FpsLimitIsExactToAFrame) {
  ShardWorld shard(calm(30));
  const std::vector<double> caps = {0.2, 1, 2.5, 7, 12.5, 29};
  for (const double cap : caps) add(shard, "/stream?fps=" + std::to_string(cap));
  shard.run_for(20s);
  for (size_t i = 0; i < caps.size(); ++i) {
    const ParsedStream& stream = shard.world.viewers()[i]->stream();
    EXPECT_NEAR(double(stream.frames), caps[i] * 20, 1.0) << "fps=" << caps[i];
    EXPECT_EQ(stream.repeats, 0u) << "fps=" << caps[i];
  }
  EXPECT_EQ(shard.world.complaints(), "");
}

TEST(Viewer, FpsLimitAboveTheSourcesGivesEveryFrameOnce) {
  ShardWorld shard(calm(5));
  const SimViewer& viewer = add(shard, "/stream?fps=12.5");
  shard.run_for(20s);
  EXPECT_NEAR(double(viewer.stream().frames), 100, 1.0);
  EXPECT_EQ(viewer.stream().gaps, 0u);
  EXPECT_EQ(viewer.stream().repeats, 0u);
}

TEST(Viewer, FramesParameterEndsTheStreamInAllFourForms) {
  ShardWorld shard(calm(30));
  for (const char* path : {"/stream", "/video_feed"}) {
    for (const char* advance : {"0", "1"}) {
      for (const char* frames : {"1", "2", "5"}) {
        add(shard, std::string(path) + "?frames=" + frames + "&advance_headers=" + advance);
      }
    }
  }
  shard.run_for(2s);
  const uint64_t expected[] = {1, 2, 5};
  for (size_t i = 0; i < shard.world.viewers().size(); ++i) {
    SCOPED_TRACE(i);
    const SimViewer& viewer = *shard.world.viewers()[i];
    EXPECT_EQ(viewer.stream().boundary, i < 6 ? kBoundary : kSeedBoundary);
    EXPECT_EQ(viewer.stream().advance, i % 6 >= 3);
    EXPECT_EQ(viewer.stream().frames, expected[i % 3]);
    EXPECT_TRUE(viewer.stream().closed);
    EXPECT_EQ(viewer.end(), SimEnd::finished);
  }
  EXPECT_EQ(shard.world.complaints(), "");
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
}

// One frame in 10 s is sent five times more before the next one. The parser compares the heads.
TEST(Viewer, SilenceRepeatsTheLastFrame) {
  ShardWorld shard(calm(0.1));
  const SimViewer& plain = add(shard, "/stream");
  const SimViewer& advance = add(shard, "/video_feed?advance_headers=1");
  const SimViewer& capped = add(shard, "/stream?fps=0.25");
  shard.run_for(19900ms);
  for (const SimViewer* viewer : {&plain, &advance}) {
    EXPECT_EQ(viewer->stream().first_sequence, 1u);
    EXPECT_EQ(viewer->stream().last_sequence, 2u);
    EXPECT_EQ(viewer->stream().repeats, 10u);
    EXPECT_LT(viewer->longest_silence(), 2s);
  }
  // Its own interval is longer than the longest silence of the others.
  EXPECT_GE(capped.stream().repeats, 2u);
  EXPECT_LE(capped.stream().frames, 6u);
  EXPECT_LE(capped.longest_silence(), 4100ms);
  EXPECT_EQ(shard.channel_stats().frames_repeated.value(),
            plain.stream().repeats + advance.stream().repeats + capped.stream().repeats);
  EXPECT_EQ(shard.world.complaints(), "");
}

// It needs 2 s for a frame, 60 intervals of the camera: it shares frames with other viewers of its
// pace.
TEST(Viewer, SlowViewerGetsTheSharedFrames) {
  ShardWorld shard(calm(30, 100'000));
  SimScript script;
  script.read_rate = 50'000;
  script.link = {.send_buffer = 8 << 10, .receive_window = 8 << 10};
  SimViewer& viewer = shard.world.add(script);
  const std::vector<uint64_t> sequences = sequences_of(shard, viewer, 100s);
  const uint32_t step = shard.world.ring().step_for(50);
  ASSERT_GE(step, 8u);
  ASSERT_GE(sequences.size(), 35u);
  for (size_t i = 1; i < sequences.size(); ++i) {
    EXPECT_EQ(sequences[i] % step, 0u) << "frame " << i << " has number " << sequences[i];
    EXPECT_GT(sequences[i], sequences[i - 1]);
  }
  EXPECT_GT(shard.channel_stats().frames_skipped.value(), 2'000u);
  EXPECT_EQ(shard.world.complaints(), "");
}

TEST(Viewer, NewViewerGetsTheNewestFrameImmediately) {
  ShardWorld shard(calm(0.1));
  shard.run_for(15s);
  const SimViewer& viewer = add(shard, "/stream");
  shard.run_for(1s);
  EXPECT_EQ(viewer.stream().first_sequence, 2u);
  EXPECT_EQ(viewer.first_frame_at(), viewer.connected_at());
}

TEST(Viewer, NewViewerOfAnIdleCameraGetsTheNextFrame) {
  SimWorldConfig config = calm(1);
  config.camera.idles_unwatched = true;
  ShardWorld shard(config);
  SimViewer& first = add(shard, "/stream");
  shard.run_for(5s);
  first.close();
  shard.run_for(60s);
  const uint64_t old = shard.world.camera().last_sequence();
  // The close is detected with the second frame after it.
  ASSERT_LE(old, first.stream().last_sequence + 2);
  const SimViewer& second = add(shard, "/stream");
  shard.run_for(5s);
  EXPECT_EQ(second.stream().first_sequence, old + 1);
  EXPECT_EQ(shard.world.complaints(), "");
}

// The camera does not start: no picture is better than one that is an hour old.
TEST(Viewer, NewViewerOfAStoppedCameraGetsNoOldPicture) {
  SimWorldConfig config = calm(1);
  config.camera.idles_unwatched = true;
  ShardWorld shard(config);
  SimViewer& first = add(shard, "/stream");
  shard.run_for(5s);
  first.close();
  shard.run_for(60s);
  shard.world.camera().stop();
  const SimViewer& second = add(shard, "/stream");
  shard.run_for(20s);
  EXPECT_EQ(second.stream().frames, 0u);
  shard.stop();
  EXPECT_TRUE(second.stream().closed);
  EXPECT_EQ(second.end(), SimEnd::finished);
  EXPECT_EQ(shard.world.complaints(), "");
}

// A camera without pictures costs nothing: the shard sleeps.
TEST(Viewer, ShardSleepsWithoutFrames) {
  SimWorldConfig config = calm(1);
  config.camera.drop = 1;
  ShardWorld shard(config);
  const SimViewer& viewer = add(shard, "/stream");
  shard.run_for(1s);
  const uint64_t before = shard.world.backend().counts().waits;
  shard.run_for(20s);
  EXPECT_LE(shard.world.backend().counts().waits - before, 100u);
  EXPECT_EQ(viewer.end(), SimEnd::open);
}

}  // namespace
}  // namespace fanlight
