// SPDX-License-Identifier: Apache-2.0
// One writer and three readers on one ring, as fast as they can. Under ThreadSanitizer this proves
// the pin protocol; otherwise it proves that no reader ever gets a torn picture.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "core/frame_ring.h"
#include "core/random.h"
#include "tests/core/frame_ring_helper.h"

namespace fanlight {
namespace {

constexpr size_t kSizeMax = 6'000;

struct Outcome {
  uint64_t frames = 0;
  uint64_t torn = 0;
  uint64_t fallen = 0;  // sequence numbers not greater than the one before
  uint64_t last = 0;
  uint64_t found = 0;  // by its number
};

// Takes frames and keeps up to four pinned for a while; checks each when it is taken and again when
// it is released; releases the frames that the ring reclaims.
Outcome read_frames(FrameRing& ring, uint64_t seed, const std::atomic<bool>& stopped) {
  Random random(seed);
  Outcome outcome;
  std::vector<FrameRef> pins(4);
  const auto check = [&](const FrameRef& pin) {
    outcome.torn += read_test_picture(pin->jpeg()) != std::optional(pin->sequence());
    outcome.torn += !pin->plain_part().ends_with(kPartDelimiter);
  };
  bool last_round = false;
  while (!last_round) {
    last_round = stopped;
    FrameRef newest = ring.newer_than(outcome.last);
    if (newest) {
      ++outcome.frames;
      outcome.fallen += newest->sequence() <= outcome.last;
      outcome.last = newest->sequence();
      check(newest);
      FrameRef& pin = pins[random.below(pins.size())];
      if (pin) check(pin);
      if (random.chance(0.5)) pin = std::move(newest);
    }
    if (outcome.last > 0 && random.chance(0.05)) {
      const uint64_t wanted = outcome.last - random.below(std::min<uint64_t>(outcome.last, 20));
      ring.keep_older_until(Instant(std::chrono::milliseconds(outcome.last + 50)));
      if (const FrameRef found = ring.find(wanted)) {
        ++outcome.found;
        outcome.torn += found->sequence() != wanted;
        check(found);
      }
    }
    for (FrameRef& pin : pins) {
      if (pin && (random.chance(0.02) || pin->sequence() <= ring.reclaim_through())) pin.reset();
    }
  }
  return outcome;
}

// Publishes `count` frames of random size; sometimes abandons a place after writing to it, and
// sometimes has two places under write at the same time.
void write_frames(FrameRing& ring, uint64_t count, uint64_t seed) {
  Random random(seed);
  uint64_t sequence = 0;
  while (sequence < count) {
    const FrameRing::Acquired other = random.chance(0.2) ? ring.acquire() : FrameRing::Acquired{};
    if (const FrameRing::Acquired acquired = ring.acquire()) {
      const size_t size = kTestPictureSizeMin + random.below(kSizeMax - kTestPictureSizeMin);
      ++sequence;
      write_test_picture(acquired.place.jpeg.first(size), sequence);
      ring.publish(acquired.place, size, frame_info(sequence));
    }
    if (other) {
      std::memset(other.place.jpeg.data(), 0xab, 256);
      ring.abandon(other.place);
    }
  }
}

void stress(const FrameRingConfig& config, uint64_t publishes) {
  FrameRing ring(config);
  std::atomic<bool> stopped{false};
  std::vector<Outcome> outcomes(3);
  std::vector<std::thread> readers;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    readers.emplace_back([&, i] { outcomes[i] = read_frames(ring, i + 1, stopped); });
  }
  write_frames(ring, publishes, 99);
  stopped = true;
  for (std::thread& reader : readers) reader.join();
  for (const Outcome& outcome : outcomes) {
    EXPECT_GT(outcome.frames, 0u);
    EXPECT_GT(outcome.found, 0u);
    EXPECT_EQ(outcome.torn, 0u);
    EXPECT_EQ(outcome.fallen, 0u);
    EXPECT_EQ(outcome.last, publishes) << "the newest frame is found after the writer has ended";
  }
  EXPECT_EQ(ring.stats().encoded.value(), publishes);
}

TEST(FrameRingStressTest, ReadersSeeCompleteFramesInIncreasingOrder) {
  stress({.window = 2, .jpeg_capacity = kSizeMax, .memory_limit = 1 << 20}, 200'000);
}

// Trimming takes places and returns them while readers with an outdated view of the newest frame
// may be about to pin them.
TEST(FrameRingStressTest, ReturnsMemoryWhileReadersAreActive) {
  stress({.window = 2, .jpeg_capacity = kSizeMax, .memory_limit = 10'000}, 50'000);
}

}  // namespace
}  // namespace fanlight
