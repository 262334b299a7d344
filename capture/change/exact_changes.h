// SPDX-License-Identifier: Apache-2.0
// ExactChanges: which segments of a picture changed that a relay joined of updates: those whose
// bytes did.
//
// The camera's server has decided which segments changed, and renews each within its `--refresh`.
// Deciding again, as ChangeDetector does, would withhold what changed little: each relay of a chain
// would lose some more, and let a segment become older by another `--refresh`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/segment_index.h"

namespace fanlight {

// Owns: a copy of the last picture, and when each of its segments changed.
// Thread: one at a time.
class ExactChanges {
 public:
  // Compares the picture with number `sequence`, greater than those before. Sets the age of each of
  // `segments`. All have changed if this is the first one, or if its grid or its head differs.
  void compare(const SegmentIndex& picture, uint64_t sequence, std::span<Segment> segments);

  // Viewers have nothing of what was compared: all segments of the next picture have changed.
  void reset() { changed_.clear(); }

  // Of the last compare(): how many segments differ from those before; 0 if there are none.
  size_t changed() const { return changed_now_; }

 private:
  std::string jpeg_;
  SegmentGrid grid_{};
  std::vector<Segment> segments_;
  std::vector<uint64_t> changed_;  // sequence, of each segment; empty: there is no last picture
  size_t changed_now_ = 0;
};

}  // namespace fanlight
