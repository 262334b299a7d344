// SPDX-License-Identifier: Apache-2.0
#include "capture/change/exact_changes.h"

#include "core/check.h"

namespace fanlight {

void ExactChanges::compare(const SegmentIndex& picture, uint64_t sequence,
                           std::span<Segment> segments) {
  const size_t count = picture.grid.count();
  CHECK(picture.segments.size() == count + 1 && segments.size() >= count);
  const SegmentIndex before{jpeg_, grid_, segments_};
  const bool begins =
      changed_.empty() || !(picture.grid == grid_) || picture.head() != before.head();
  changed_.resize(count);
  changed_now_ = 0;
  for (size_t i = 0; i < count; ++i) {
    if (begins || picture.bytes_of(i) != before.bytes_of(i)) {
      if (!begins) ++changed_now_;
      changed_[i] = sequence;
    }
    segments[i].age = static_cast<uint32_t>(sequence - changed_[i]);
  }
  jpeg_.assign(picture.jpeg);
  grid_ = picture.grid;
  segments_.assign(picture.segments.begin(), picture.segments.end());
}

}  // namespace fanlight
