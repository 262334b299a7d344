// SPDX-License-Identifier: Apache-2.0
// ChangeDetector: decides which segments of a camera's picture changed.
//
// A segment is compared with the picture in which it last changed, which is what viewers have of
// it, and not with the picture before: so slow changes add up, and leave no ghosts. It has changed
// if
//   - a cell's sum (picture_cells.h) differs by more than its noise can explain: kNoiseFactor
//     standard deviations of the difference of two sums, but at least kCellLevels;
//   - or the mean of the whole segment differs by more than kMeanLevels: light that changes slowly
//     would otherwise show as seams beside segments that were sent later.
// For kFollowPictures after that, kFollowShare of the first limit suffices: what has begun to move
// goes on moving, and its last small change should not be missed.
//
// The noise is measured in each picture: half of all cells differ by less than 0.6745 standard
// deviations (the normal distribution), if more than half of the picture stands still. Where less
// does, the limits rise, and what moves is large.
//
// Every segment also counts as changed once in `refresh`, in turn.
//
// The constants were chosen on 300 pictures of a fixed camera on pedestrians (vtest.avi of Debian's
// opencv-doc, quality 80, segments of 64x16 pixels, noise of standard deviation 2 added to the
// luma): updates had 1/5.8 of the bytes of whole pictures, and the worst segment 24.8 dB against
// the whole picture, for one picture. With a kNoiseFactor of 12: 1/6.2, and 20 dB, below 25 for up
// to seven pictures. Without kFollowPictures: 1/6.0, and 21 dB, for up to five. kCellLevels is
// below the noise there; it is for cameras without noise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "capture/change/picture_cells.h"
#include "core/segment_index.h"
#include "core/time.h"

namespace fanlight {

// Owns: the cells of each segment as viewers have it, and when it changed.
// Thread: the camera's.
// Invariant: no segment is older than `refresh`, if pictures come in time.
class ChangeDetector {
 public:
  static constexpr double kNoiseFactor = 8;
  static constexpr double kCellLevels = 4;
  static constexpr double kMeanLevels = 2;
  static constexpr int kFollowPictures = 2;
  static constexpr double kFollowShare = 0.7;

  explicit ChangeDetector(Duration refresh) : refresh_(refresh) {}

  // Compares the picture with number `sequence`, greater than those before. Sets the age of each
  // segment of `grid`. All have changed if this is the first one, or if its shape differs.
  void compare(const PictureCells& picture, const SegmentGrid& grid, uint64_t sequence,
               Instant captured_at, std::span<Segment> segments);

  // Viewers have nothing of what was compared: all segments of the next picture have changed.
  void reset() { changed_.clear(); }

  // Of the last compare(): the standard deviation of a pixel's noise, levels, and how many segments
  // changed, without those that were only due.
  double noise() const { return noise_; }
  size_t changed() const { return changed_now_; }

 private:
  void begin(const PictureCells& picture, const SegmentGrid& grid, uint64_t sequence,
             Instant captured_at);
  double measure_noise(const CellPlane& now) const;
  bool has_changed(const PictureCells& picture, size_t segment) const;
  void take(const PictureCells& picture, size_t segment, uint64_t sequence);
  size_t count_due(Instant captured_at);

  const Duration refresh_;
  PictureCells reference_;
  SegmentGrid grid_{};
  std::vector<uint64_t> changed_;  // sequence, of each segment
  std::vector<uint8_t> follow_;    // pictures for which it is still followed
  Instant compared_at_{};
  double due_ = 0;         // segments to be renewed, with a fraction
  size_t due_next_ = 0;    // the next one
  double cell_limit_ = 0;  // of this picture, in units of a sum
  double noise_ = 0;
  size_t changed_now_ = 0;
};

}  // namespace fanlight
