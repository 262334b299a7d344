// SPDX-License-Identifier: Apache-2.0
// FrameFollower: checks the frames that one viewer gets, one after another.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/time.h"
#include "tools/load/load_options.h"
#include "tools/load/load_tally.h"
#include "tools/load/part_reader.h"

namespace fanlight {

// What a viewer got in the window.
struct ViewerFigures {
  uint64_t frames = 0;
  uint64_t gaps = 0;    // sequence numbers that were skipped
  double rank_sum = 0;  // per frame: 0 when it was the first to have it, 1 the last
  uint32_t ranks = 0;
};

// Owns: the figures of one viewer.
// Thread: one.
// Frames are identified by X-Sequence, or else by X-Timestamp; without both they are only counted.
class FrameFollower {
 public:
  explicit FrameFollower(ViewerKind kind) : kind_(kind) {}

  // Another connection begins: there is no frame before its first.
  void begin_connection() { has_last_key_ = false; }

  // The last byte of `part` arrived at `now`.
  void follow(const PartReader::Part& part, Instant now, LoadShared& shared, LoadTally& tally);

  const ViewerFigures& figures() const { return figures_; }

 private:
  void judge_sequence(uint64_t sequence, bool in_window, LoadTally& tally);
  void record_age(int64_t timestamp_us, WallTime wall, bool in_window, LoadTally& tally) const;
  void record_rank(uint64_t key, Instant now, bool in_window, LoadShared& shared);

  ViewerFigures figures_;
  uint64_t last_key_ = 0;  // sequence or time of the last frame of this connection
  bool has_last_key_ = false;
  ViewerKind kind_;
};

}  // namespace fanlight
