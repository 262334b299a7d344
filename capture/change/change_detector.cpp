// SPDX-License-Identifier: Apache-2.0
#include "capture/change/change_detector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr double kLevel = kCellSamples;  // a level of a pixel, in units of a sum

// The part of a plane that belongs to a segment, in cells.
struct CellRange {
  int left, right, top, bottom;
};

CellRange cells_of(const CellPlane& plane, const SegmentGrid& grid, size_t segment) {
  const int column = static_cast<int>(segment % size_t(grid.columns));
  const int row = static_cast<int>(segment / size_t(grid.columns));
  const int across = grid.width / plane.pixels_across;
  const int down = grid.height / plane.pixels_down;
  return {.left = std::min(column * across, plane.columns),
          .right = std::min((column + 1) * across, plane.columns),
          .top = std::min(row * down, plane.rows),
          .bottom = std::min((row + 1) * down, plane.rows)};
}

}  // namespace

void ChangeDetector::compare(const PictureCells& picture, const SegmentGrid& grid,
                             uint64_t sequence, Instant captured_at, std::span<Segment> segments) {
  CHECK(segments.size() >= grid.count());
  const bool begins = changed_.empty() || !(grid == grid_) || !picture.has_shape_of(reference_);
  if (begins) begin(picture, grid, sequence, captured_at);
  const double deviation = measure_noise(picture.planes[0]);
  // The difference of two pictures; a sum of 16 samples has 4 times the deviation of one.
  noise_ = deviation / std::sqrt(2.0) / 4;
  cell_limit_ = std::max(kNoiseFactor * deviation, kCellLevels * kLevel);

  changed_now_ = 0;
  for (size_t i = 0; i < grid.count(); ++i) {
    if (begins || !has_changed(picture, i)) {
      if (follow_[i] > 0) --follow_[i];
      continue;
    }
    ++changed_now_;
    follow_[i] = kFollowPictures;
    take(picture, i, sequence);
  }
  for (size_t due = count_due(captured_at); due > 0; --due) {
    take(picture, due_next_, sequence);
    due_next_ = (due_next_ + 1) % grid.count();
  }
  for (size_t i = 0; i < grid.count(); ++i) {
    segments[i].age = static_cast<uint32_t>(sequence - changed_[i]);
  }
}

void ChangeDetector::begin(const PictureCells& picture, const SegmentGrid& grid, uint64_t sequence,
                           Instant captured_at) {
  reference_ = picture;
  grid_ = grid;
  changed_.assign(grid.count(), sequence);
  follow_.assign(grid.count(), 0);
  compared_at_ = captured_at;
  due_ = 0;
  due_next_ = 0;
}

// The standard deviation of the difference of two sums, from its median. Differences of more than
// 16 levels are counted as one: they are no noise.
double ChangeDetector::measure_noise(const CellPlane& now) const {
  std::array<uint32_t, 257> counts{};
  const std::vector<int16_t>& before = reference_.planes[0].sums;
  for (size_t i = 0; i < before.size(); ++i) {
    ++counts[std::min<size_t>(size_t(std::abs(now.sums[i] - before[i])), counts.size() - 1)];
  }
  const double half = double(before.size()) / 2;
  double below = 0;
  size_t median = 0;
  while (below + counts[median] < half) below += counts[median++];
  // Within a count, as if its differences were spread evenly around it.
  const double within = counts[median] == 0 ? 0 : (half - below) / counts[median];
  constexpr double kMedianOfNormal = 0.6745;
  return std::max(0.0, double(median) - 0.5 + within) / kMedianOfNormal;
}

bool ChangeDetector::has_changed(const PictureCells& picture, size_t segment) const {
  const double limit = follow_[segment] > 0 ? kFollowShare * cell_limit_ : cell_limit_;
  for (size_t i = 0; i < picture.count; ++i) {
    const CellPlane& plane = picture.planes[i];
    const auto [left, right, top, bottom] = cells_of(plane, grid_, segment);
    int64_t sum = 0;
    int largest = 0;
    for (int y = top; y < bottom; ++y) {
      const auto row = ptrdiff_t(y) * plane.columns;
      const int16_t* now = plane.sums.data() + row;
      const int16_t* before = reference_.planes[i].sums.data() + row;
      for (int x = left; x < right; ++x) {
        const int difference = now[x] - before[x];
        sum += difference;
        largest = std::max(largest, std::abs(difference));
      }
    }
    const double cells = std::max(1, (right - left) * (bottom - top));
    if (largest > limit || std::abs(double(sum)) / cells > kMeanLevels * kLevel) return true;
  }
  return false;
}

// Viewers get this picture's segment.
void ChangeDetector::take(const PictureCells& picture, size_t segment, uint64_t sequence) {
  changed_[segment] = sequence;
  for (size_t i = 0; i < picture.count; ++i) {
    const CellPlane& plane = picture.planes[i];
    const auto [left, right, top, bottom] = cells_of(plane, grid_, segment);
    for (int y = top; y < bottom; ++y) {
      const auto from = plane.sums.begin() + ptrdiff_t(y) * plane.columns;
      const auto to = reference_.planes[i].sums.begin() + ptrdiff_t(y) * plane.columns;
      std::copy(from + left, from + right, to + left);
    }
  }
}

// How many segments to renew, so that all are within `refresh`.
size_t ChangeDetector::count_due(Instant captured_at) {
  const double passed = to_seconds(captured_at - std::exchange(compared_at_, captured_at));
  const double all = double(grid_.count());
  due_ = std::min(all, due_ + all * std::max(0.0, passed) / to_seconds(refresh_));
  const auto due = static_cast<size_t>(due_);
  due_ -= double(due);
  return due;
}

}  // namespace fanlight
