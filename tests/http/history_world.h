// SPDX-License-Identifier: Apache-2.0
// A shard whose camera has a history.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/core/segments/test_segments.h"
#include "tests/http/calm_world.h"
#include "tests/http/raw_client.h"

namespace fanlight {

// Ten divided pictures a second, kept for `length`.
inline SimWorldConfig history_world(Duration length = 30s, double fps = 10) {
  SimWorldConfig config = calm_world(fps);
  config.camera.segments = true;
  config.history =
      FrameHistoryConfig{.length = length, .memory_max = 4 << 20, .jpeg_max = 32 << 10};
  return config;
}

// The number of the newest frame that had been published `ago` before now.
inline uint64_t shown(ShardWorld& shard, Duration ago) {
  const Instant moment = shard.world.now() - ago;
  uint64_t sequence = shard.world.camera().last_sequence();
  while (shard.world.camera().published_at(sequence) > moment) --sequence;
  return sequence;
}

// The frame up to `sequence` in which something changed last.
inline uint64_t loud(uint64_t sequence) {
  while (is_quiet(sequence)) --sequence;
  return sequence;
}

// The picture is that of this frame.
inline void expect_picture(const std::string& jpeg, uint64_t sequence) {
  uint64_t found = 0;
  EXPECT_TRUE(read_divided_picture(jpeg, found));
  EXPECT_EQ(found, loud(sequence));
}

}  // namespace fanlight
