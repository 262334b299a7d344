// SPDX-License-Identifier: Apache-2.0
// A ring whose frames are divided pictures.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "core/frame_ring.h"
#include "tests/core/segments/test_segments.h"

namespace fanlight {

// Publishes the picture of this frame. With `kept`, that many segments are said to be older than
// any frame, and all others new.
inline FrameRef publish_divided(FrameRing& ring, uint64_t sequence,
                                std::optional<size_t> kept = {}) {
  const FrameRing::Acquired acquired = ring.acquire();
  std::vector<Segment> segments(kTestGrid.count() + 1);
  const size_t size = write_divided_picture(acquired.place.jpeg, sequence, segments);
  for (size_t i = 0; kept && i < kTestGrid.count(); ++i) {
    segments[i].age = i < *kept ? 1'000'000 : 0;
  }
  std::ranges::copy(segments, ring.segment_room(acquired.place, size).begin());
  FrameInfo info;
  info.sequence = sequence;
  info.captured_wall = WallTime(1'700'000'000s + 1'500ms * sequence);
  info.width = kTestWidth;
  info.height = kTestHeight;
  ring.publish(acquired.place, size, info, kTestGrid);
  return ring.newer_than(sequence - 1);
}

// The first frame from this one on in which something changes and that is not the first one.
inline uint64_t busy_frame(uint64_t from) {
  while (is_quiet(from)) ++from;
  return from;
}

}  // namespace fanlight
