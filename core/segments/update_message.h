// SPDX-License-Identifier: Apache-2.0
// Update message: what the server writes about a frame on a WebSocket (docs/api.md), and above all
// which segments an update consists of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/segment_index.h"
#include "core/segments/segment_atlas.h"
#include "core/time.h"

namespace fanlight {

// Longer texts are refused unread: this one has room for every second of kSegmentsMax segments.
inline constexpr size_t kUpdateMessageBytesMax = 512 << 10;

// How the picture of frame `base` becomes that of the message's frame.
// Invariant: the runs rise, do not overlap, and have segments of the grid only; the atlas has a
//   column if there are any.
struct SegmentUpdate {
  uint64_t base = 0;
  int width = 0;  // of the picture, pixels
  int height = 0;
  SegmentGrid grid{};
  int atlas_columns = 0;
  std::vector<SegmentRun> runs;

  // Nothing changed, and no atlas follows.
  bool empty() const { return runs.empty(); }
  size_t count() const;  // of the segments in the runs
};

// Owns: its texts, as the server wrote them: they may be unprintable. Thread: one at a time.
struct UpdateMessage {
  std::string camera;
  uint64_t sequence = 0;
  WallTime timestamp;
  std::optional<std::string> slate{};     // the reason
  std::optional<SegmentUpdate> update{};  // absent: the frame is whole
};

// The problem of `text`, in words, a constant; empty if it is a message, which is then in
// `message`, and undefined otherwise. Keys that are not known are ignored.
std::string_view parse_update_message(std::string_view text, UpdateMessage& message);

}  // namespace fanlight
