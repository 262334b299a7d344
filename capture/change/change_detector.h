// SPDX-License-Identifier: Apache-2.0
// ChangeDetector: decides which segments of a camera's picture changed.
//
// A segment is compared with the picture in which it last changed, which is what viewers have of
// it, and not with the picture before: so slow changes add up, and leave no ghosts. What counts is
// the mean square of the difference, in square levels of a pixel, summed over the planes, and less
// what the noise explains: so many bytes are spent where a viewer's picture gains most, and a
// viewer's mean square error has a limit. A segment has changed if it exceeds kSquareLevels, and
// also kNoiseFactor times the noise of a cell's sum, around which a small segment's own mean
// varies; or if the mean of one plane differs by more than kMeanLevels: light that changes slowly
// and everywhere looks like noise, and would show as seams beside segments that were sent later.
//
// If more than kMovingShare of the segments changed, the camera itself moves, or leaves in the
// wind: what else differs is detail finer than a cell, of which little shows in the sums. Then
// kMovingLevels and kMovingNoiseFactor are the limits.
//
// The noise is measured in each picture and plane: half of all cells differ by less than 0.6745
// standard deviations (the normal distribution), if more than half of the picture stands still.
// Where less does, it comes out too large. So the least that was measured counts, and may rise only
// by a factor of e in kNoiseRise, for a room that becomes dark; and neither in the beginning nor
// later beyond the grain of the picture itself, which is noise and texture together: a camera that
// turns sends everything, or nearly so where what it sees is as fine as noise.
//
// Every segment is also renewed once in `refresh`, unless it changed anyway. A hand passes over all
// segments kPasses times in that time, and renews those that would be older than it permits when
// the hand comes again. At the beginning, and when much has changed at once, segments are given
// different ages, so that about as many are renewed in each picture.
//
// The constants were chosen with bench/segments; bench/SEGMENTS.md has what was tried and left.
// kSquareLevels is the knob between bytes and quality: on a fixed camera on pedestrians (vtest.avi
// of Debian's opencv-doc, quality 80, noise of standard deviation 2) half a level more spares 1.8 %
// of the bytes, and costs 0.08 dB; the noise alone leaves 39.6 dB.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "capture/change/picture_cells.h"
#include "core/segment_index.h"
#include "core/time.h"

namespace fanlight {

// Owns: the cells of each segment as viewers have it, and when it changed.
// Thread: one at a time.
// Invariant: no segment is older than `refresh`, if pictures come in time.
class ChangeDetector {
 public:
  static constexpr double kSquareLevels = 4.5;
  static constexpr double kNoiseFactor = 1.5;
  static constexpr Duration kNoiseRise = 60s;
  static constexpr double kMeanLevels = 2;
  static constexpr double kMovingShare = 1.0 / 3;
  static constexpr double kMovingLevels = 0.5;
  static constexpr double kMovingNoiseFactor = 0.5;
  static constexpr int kPasses = 16;

  explicit ChangeDetector(Duration refresh) : refresh_(refresh) {}

  // Compares the picture with number `sequence`, greater than those before. Sets the age of each
  // segment of `grid`. All have changed if this is the first one, or if its shape differs.
  void compare(const PictureCells& picture, const SegmentGrid& grid, uint64_t sequence,
               Instant captured_at, std::span<Segment> segments);

  // Viewers have nothing of what was compared: all segments of the next picture have changed.
  void reset() { changed_.clear(); }

  // Of the last compare(): the standard deviation of the noise of the first plane's samples,
  // levels, and how many segments changed, without those that were only due.
  double noise() const { return noise_; }
  size_t changed() const { return changed_now_; }

 private:
  void begin(const PictureCells& picture, const SegmentGrid& grid, uint64_t sequence,
             Instant captured_at);
  void estimate_noise(const PictureCells& picture, Instant captured_at);
  double measure_noise(size_t plane, const CellPlane& now) const;
  // How a segment of one plane differs.
  struct Difference {
    double square = 0;  // mean of the squares, square levels
    double mean = 0;    // levels
  };
  Difference difference_of(const PictureCells& picture, size_t plane, size_t segment) const;
  double excess_of(const PictureCells& picture, size_t segment) const;
  void take_changed(const PictureCells& picture, uint64_t sequence, Instant captured_at);
  void take(const PictureCells& picture, size_t segment, uint64_t sequence, Instant captured_at);
  void spread_renewals(Instant captured_at);
  void renew(const PictureCells& picture, uint64_t sequence, Instant captured_at);

  const Duration refresh_;
  PictureCells reference_;
  std::array<double, 3> deviations_{};  // of the noise of the difference of two sums, levels
  SegmentGrid grid_{};
  std::vector<uint64_t> changed_;  // sequence, of each segment
  std::vector<Instant> taken_at_;  // when it last changed or was renewed
  Instant compared_at_{};
  double passed_ = 0;  // by the hand, segments, with a fraction
  size_t hand_ = 0;    // the segment that it passes next
  // Of this picture: the mean square of the noise of the difference, of all planes, and what each
  // segment has beyond it; square levels.
  double noise_square_ = 0;
  std::vector<double> excess_;
  double noise_ = 0;
  size_t taken_now_ = 0;  // changed or renewed
  size_t changed_now_ = 0;
};

}  // namespace fanlight
