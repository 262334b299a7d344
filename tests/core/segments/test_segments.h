// SPDX-License-Identifier: Apache-2.0
// Test pictures that are divided into segments, as JPEGs in form only: what each segment holds
// follows from its number and from the frame in which it changed, and that from the number of the
// frame. So a receiver can tell whether its picture, put together from updates, is that of a frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/segment_index.h"
#include "core/segments/segment_atlas.h"

namespace fanlight {

inline constexpr SegmentGrid kTestGrid{.width = 32, .height = 8, .columns = 6, .rows = 4};
inline constexpr int kTestWidth = 185;  // the last column reaches beyond it
inline constexpr int kTestHeight = 32;
// In each frame whose number is divisible by this everything changes, tables included.
inline constexpr uint64_t kTestEpoch = 200;
inline constexpr size_t kDividedPictureMax = 4096;  // bytes

// Whether nothing changes in this frame. Every third of those that are not the first of an epoch.
bool is_quiet(uint64_t sequence);
// The frame in which segment `number` of frame `sequence` changed.
uint64_t test_changed_at(size_t number, uint64_t sequence);

// Writes the picture of this frame, and its list of segments; returns its size.
size_t write_divided_picture(std::span<std::byte> jpeg, uint64_t sequence,
                             std::span<Segment> segments);

// Whether this is a whole divided picture; `sequence`: of the last frame up to then that was not
// quiet.
bool read_divided_picture(std::string_view picture, uint64_t& sequence);

// Owns: the picture that a viewer of updates shows. Thread: one.
// Functions return the first thing that is wrong, or an empty text.
class TestCanvas {
 public:
  std::string take_whole(std::string_view jpeg, uint64_t sequence);
  // `description`: the JSON of the update.
  // With `shared`, of an update that is also for viewers of older frames, its base may be older
  // than the picture.
  std::string take_update(std::string_view description, std::string_view atlas,
                          bool shared = false);
  // Whether the picture is that of this frame.
  std::string check(uint64_t sequence) const;

  uint64_t sequence() const { return sequence_; }
  bool is_divided() const { return !head_.empty(); }

 private:
  uint64_t sequence_ = 0;
  std::string head_;
  std::vector<std::string> segments_;
};

}  // namespace fanlight
