// SPDX-License-Identifier: Apache-2.0
// One writer and three readers on one history, as fast as they can. Under ThreadSanitizer this
// proves the pins of groups; otherwise it proves that no reader ever gets a picture of two frames.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/random.h"
#include "tests/core/history/history_helper.h"

namespace fanlight {
namespace {

struct Outcome {
  uint64_t found = 0;
  uint64_t wrong = 0;
};

uint64_t loud(uint64_t sequence) {
  while (is_quiet(sequence)) --sequence;
  return sequence;
}

Outcome read_frames(FrameHistory& history, uint64_t seed, const std::atomic<bool>& stopped) {
  Random random(seed);
  Outcome outcome;
  HistoryReader reader;
  std::vector<char> room(HistoryReader::room_for(history.jpeg_max()));
  while (!stopped || outcome.found == 0) {
    const auto range = history.range();
    if (!range) continue;
    outcome.wrong += range->oldest.sequence > range->newest.sequence;
    const uint64_t span = range->newest.sequence - range->oldest.sequence;
    const uint64_t wanted = range->oldest.sequence + random.below(span + 1);
    const auto at = history.find_at(test_instant(wanted));
    outcome.wrong += at && at->sequence > wanted;
    const auto after = history.find_after(wanted);
    outcome.wrong += after && after->sequence <= wanted;
    Frame frame;
    if (!reader.read(history, wanted, room, frame)) continue;
    ++outcome.found;
    uint64_t sequence = 0;
    if (read_test_picture(frame.jpeg()) == std::optional(wanted)) continue;
    outcome.wrong += !read_divided_picture(frame.jpeg(), sequence) || sequence != loud(wanted);
  }
  return outcome;
}

// One in a hundred is not divided.
void stress(const FrameHistoryConfig& config, uint64_t publishes) {
  HistoryWorld world(config);
  std::atomic<bool> stopped{false};
  std::vector<Outcome> outcomes(3);
  std::vector<std::thread> readers;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    readers.emplace_back([&, i] { outcomes[i] = read_frames(world.history, i + 1, stopped); });
  }
  for (uint64_t i = 1; i <= publishes; ++i) {
    if (i % 100 == 50) {
      world.publish_undivided(history_info(i), 1000);
    } else {
      world.publish(i);
    }
  }
  stopped = true;
  for (std::thread& reader : readers) reader.join();
  for (const Outcome& outcome : outcomes) {
    EXPECT_GT(outcome.found, 0u);
    EXPECT_EQ(outcome.wrong, 0u);
  }
  EXPECT_EQ(world.history.frames() + world.history.skipped() > 0, true);
}

TEST(HistoryStressTest, ReadersSeeWholeFramesWhileOldOnesAreForgottenByTime) {
  stress({.length = 5s, .memory_max = 4 << 20, .jpeg_max = 16 << 10}, 20'000);
}

TEST(HistoryStressTest, ReadersSeeWholeFramesWhileOldOnesAreForgottenForMemory) {
  stress({.length = 600s, .memory_max = 64 << 10, .jpeg_max = 16 << 10}, 20'000);
}

}  // namespace
}  // namespace fanlight
