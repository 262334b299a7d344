// SPDX-License-Identifier: Apache-2.0
// Helpers shared by the tests of the frame ring.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include "core/frame_ring.h"
#include "tests/core/test_picture.h"

namespace fanlight {

inline size_t page_size() {
  return static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

inline FrameInfo frame_info(uint64_t sequence) {
  FrameInfo info;
  info.sequence = sequence;
  info.captured_wall = WallTime(std::chrono::microseconds(1'000'000 * sequence + 7));
  info.captured_at = Instant(std::chrono::milliseconds(sequence));
  info.encoded_at = info.captured_at + 3ms;
  info.width = 640;
  info.height = 480;
  return info;
}

// Publishes the test picture of `sequence`; false if the ring had no free place.
inline bool publish_picture(FrameRing& ring, uint64_t sequence, size_t size = 100) {
  const FrameRing::Acquired acquired = ring.acquire();
  if (!acquired) return false;
  write_test_picture(acquired.place.jpeg.first(size), sequence);
  ring.publish(acquired.place, size, frame_info(sequence));
  return true;
}

// The properties of a frame that a reader holds.
inline void expect_whole(const FrameRef& ref) {
  ASSERT_TRUE(ref);
  EXPECT_EQ(read_test_picture(ref->jpeg()), std::optional(ref->sequence()));
}

}  // namespace fanlight
