// SPDX-License-Identifier: Apache-2.0
// A ring with a history, for its tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/frame_ring.h"
#include "core/history/frame_history.h"
#include "core/history/history_reader.h"
#include "tests/core/segments/test_segments.h"
#include "tests/core/test_picture.h"

namespace fanlight {

// Frame n is captured n intervals after the beginning, and encoded at once.
inline constexpr Duration kTestInterval = 100ms;
inline constexpr Instant test_instant(uint64_t sequence) {
  return Instant(1000s + kTestInterval * static_cast<int64_t>(sequence));
}

inline FrameInfo history_info(uint64_t sequence) {
  FrameInfo info;
  info.sequence = sequence;
  info.captured_wall = WallTime(std::chrono::microseconds(1'000'000 * sequence + 7));
  info.captured_at = test_instant(sequence);
  info.encoded_at = info.captured_at;
  info.width = kTestWidth;
  info.height = kTestHeight;
  return info;
}

// Owns: both. Thread: one writes.
struct HistoryWorld {
  explicit HistoryWorld(const FrameHistoryConfig& config) : history(config) {}

  // Publishes the divided test picture of this number, and has it recorded.
  void publish(uint64_t sequence) { publish(history_info(sequence)); }
  void publish(const FrameInfo& info) {
    const FrameRing::Acquired acquired = ring.acquire();
    ASSERT_TRUE(acquired);
    std::vector<Segment> list(kTestGrid.count() + 1);
    const size_t size = write_divided_picture(acquired.place.jpeg, info.sequence, list);
    std::copy(list.begin(), list.end(), ring.segment_room(acquired.place, size).begin());
    ring.publish(acquired.place, size, info, kTestGrid);
    record(info.sequence);
  }
  // The same with a picture that is not divided.
  void publish_undivided(const FrameInfo& info, size_t size) {
    const FrameRing::Acquired acquired = ring.acquire();
    ASSERT_TRUE(acquired);
    write_test_picture(acquired.place.jpeg.first(size), info.sequence);
    ring.publish(acquired.place, size, info);
    record(info.sequence);
  }
  void record(uint64_t sequence) {
    const FrameRef frame = ring.newer_than(sequence - 1);
    ASSERT_TRUE(frame);
    jpeg_bytes += frame->jpeg().size();
    history.append(*frame);
  }
  uint64_t oldest() { return history.range().value().oldest.sequence; }
  uint64_t newest() { return history.range().value().newest.sequence; }

  FrameRing ring{{.window = 2, .jpeg_capacity = 64 << 10, .memory_limit = 4 << 20}};
  FrameHistory history;
  size_t jpeg_bytes = 0;  // of all frames
};

}  // namespace fanlight
