// SPDX-License-Identifier: Apache-2.0
// HistoryReader: puts frames of a history (core/history/frame_history.h) together again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/frame.h"
#include "core/history/frame_history.h"
#include "core/slab.h"

namespace fanlight {

// Owns: a list of the segments of a picture, touched lazily.
// Thread: one at a time; a shard's serves all its histories.
// Invariant: nothing is allocated after construction; a group is pinned only during a call.
class HistoryReader {
 public:
  // Throws std::system_error when the address space is refused.
  HistoryReader();

  // The memory that a frame needs in read(), bytes.
  static constexpr size_t room_for(size_t jpeg_size) {
    return kPartHeadroom + jpeg_size + kPartTailSize;
  }

  // Writes the frame of this number into `room`, as it would be in a ring: a whole JPEG, copied
  // once, with its part around it. `frame` is then a view of it, with the number and the times that
  // it was published with; it is not in the ring. False, and nothing is written, if the frame is
  // not, or no longer, in the history, or if it needs more room.
  bool read(FrameHistory& history, uint64_t sequence, std::span<char> room, Frame& frame) noexcept;

 private:
  std::span<std::string_view> pieces() const noexcept;
  const HistoryRecord* find(const FrameHistory& history, const FrameHistory::Group& group,
                            uint64_t sequence) noexcept;
  void take(const HistoryRecord& record) noexcept;

  LazyMemory memory_;
  std::string_view head_;  // of the picture
};

}  // namespace fanlight
