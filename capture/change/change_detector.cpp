// SPDX-License-Identifier: Apache-2.0
#include "capture/change/change_detector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "core/check.h"

namespace fanlight {
namespace {

// How many cells of a plane show its noise. Their median is that of all, plus or minus some 2 %;
// 3 % for its limit. Twice as many would take 1 % of the camera's thread's time.
constexpr size_t kNoiseCells = 4096;
constexpr size_t kGrainCells = 2048;
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

// Of the differences of a few cells in a row. The squares fit into 32 bits, and the differences
// into 16, so that the loop is vectorized.
struct Sums {
  int32_t squares = 0;
  int32_t sum = 0;
};
constexpr int kStretch = 128;
static_assert(int64_t{kStretch} * kCellSumMax * kCellSumMax <= INT32_MAX);

// The standard deviation of differences, from their median. Those of more than 16 levels are
// counted as one: they are no noise.
class DeviationMeter {
 public:
  void add(int difference) {
    ++counts_[std::min<size_t>(size_t(std::abs(difference)), counts_.size() - 1)];
    ++count_;
  }
  // Of at least one.
  double deviation() const {
    const double half = double(count_) / 2;
    double below = 0;
    size_t median = 0;
    while (below + counts_[median] < half) below += counts_[median++];
    // Within a count, as if its differences were spread evenly around it.
    const double within = (half - below) / counts_[median];
    constexpr double kMedianOfNormal = 0.6745;
    return (double(median) - 0.5 + within) / kMedianOfNormal;
  }

 private:
  std::array<uint32_t, 257> counts_{};
  size_t count_ = 0;
};

// An odd step, so that neighbouring rows show different columns.
size_t step_for(size_t all, size_t wanted) {
  return all / wanted | 1;
}

// How much the difference of two sums can owe to noise, units of a sum: a picture cannot be noisier
// than it is grained. a - 2b + c of three neighbours has six times the variance of one; where the
// three are not of one row, which is seldom, it only shows more.
double measure_grain(const CellPlane& plane) {
  const int16_t* const sums = plane.sums.data();
  if (plane.columns < 3) return std::numeric_limits<double>::infinity();
  DeviationMeter meter;
  const size_t step = step_for(plane.sums.size(), kGrainCells);
  for (size_t i = 1; i + 1 < plane.sums.size(); i += step) {
    meter.add(sums[i - 1] - 2 * sums[i] + sums[i + 1]);
  }
  return meter.deviation() * std::sqrt(2.0 / 6);
}

Sums sums_of(const int16_t* now, const int16_t* before, int cells) {
  Sums sums;
  for (int i = 0; i < cells; ++i) {
    const auto difference = static_cast<int16_t>(now[i] - before[i]);
    sums.squares += difference * difference;
    sums.sum += difference;
  }
  return sums;
}

}  // namespace

void ChangeDetector::compare(const PictureCells& picture, const SegmentGrid& grid,
                             uint64_t sequence, Instant captured_at, std::span<Segment> segments) {
  CHECK(segments.size() >= grid.count());
  const bool begins = changed_.empty() || !(grid == grid_) || !picture.has_shape_of(reference_);
  if (begins) begin(picture, grid, sequence, captured_at);
  if (!begins) estimate_noise(picture, captured_at);
  changed_now_ = 0;
  taken_now_ = 0;
  if (!begins) take_changed(picture, sequence, captured_at);
  renew(picture, sequence, captured_at);
  // All of them would be due together again.
  if (taken_now_ > grid.count() / 4) spread_renewals(captured_at);
  for (size_t i = 0; i < grid.count(); ++i) {
    segments[i].age = static_cast<uint32_t>(sequence - changed_[i]);
  }
}

void ChangeDetector::begin(const PictureCells& picture, const SegmentGrid& grid, uint64_t sequence,
                           Instant captured_at) {
  reference_ = picture;
  grid_ = grid;
  changed_.assign(grid.count(), sequence);
  taken_at_.assign(grid.count(), captured_at);
  excess_.resize(grid.count());
  spread_renewals(captured_at);
  compared_at_ = captured_at;
  for (size_t i = 0; i < picture.count; ++i) {
    deviations_[i] = measure_grain(picture.planes[i]) / kLevel;
  }
  noise_square_ = 0;
  passed_ = 0;
  hand_ = 0;
}

// The least that was measured, which may rise only slowly, and not beyond the grain.
void ChangeDetector::estimate_noise(const PictureCells& picture, Instant captured_at) {
  constexpr double kLeast = 0.05;  // levels; from nothing it could not rise
  const double rise =
      std::exp(std::max(0.0, to_seconds(captured_at - compared_at_)) / to_seconds(kNoiseRise));
  noise_square_ = 0;
  for (size_t i = 0; i < picture.count; ++i) {
    const double measured = measure_noise(i, picture.planes[i]) / kLevel;
    const double risen = std::max(kLeast, deviations_[i]) * rise;
    const double most = std::min(risen, measure_grain(picture.planes[i]) / kLevel);
    deviations_[i] = std::min(measured, std::max(deviations_[i], most));
    noise_square_ += deviations_[i] * deviations_[i];
  }
  // The difference of two pictures; a sum of 16 samples has 4 times the deviation of one.
  noise_ = deviations_[0] * kLevel / std::sqrt(2.0) / 4;
}

// The standard deviation of the difference of two sums of a plane.
double ChangeDetector::measure_noise(size_t plane, const CellPlane& now) const {
  const std::vector<int16_t>& before = reference_.planes[plane].sums;
  DeviationMeter meter;
  const size_t step = step_for(before.size(), kNoiseCells);
  const int16_t* const sums = now.sums.data();
  for (size_t i = 0; i < before.size(); i += step) meter.add(sums[i] - before.data()[i]);
  return meter.deviation();
}

ChangeDetector::Difference ChangeDetector::difference_of(const PictureCells& picture, size_t plane,
                                                         size_t segment) const {
  const CellPlane& now = picture.planes[plane];
  const CellPlane& before = reference_.planes[plane];
  const auto [left, right, top, bottom] = cells_of(now, grid_, segment);
  int64_t squares = 0;
  int64_t sum = 0;
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; x += kStretch) {
      const Sums sums = sums_of(&now.sums[size_t(ptrdiff_t(y) * now.columns + x)],
                                &before.sums[size_t(ptrdiff_t(y) * now.columns + x)],
                                std::min(kStretch, right - x));
      squares += sums.squares;
      sum += sums.sum;
    }
  }
  const double cells = std::max(1, (right - left) * (bottom - top));
  return {double(squares) / cells / (kLevel * kLevel), double(sum) / cells / kLevel};
}

// The mean square of a segment's difference beyond the noise, square levels; infinite if the mean
// of a plane differs.
double ChangeDetector::excess_of(const PictureCells& picture, size_t segment) const {
  double square = -noise_square_;
  for (size_t i = 0; i < picture.count; ++i) {
    const Difference difference = difference_of(picture, i, segment);
    if (std::abs(difference.mean) > kMeanLevels) return std::numeric_limits<double>::infinity();
    square += difference.square;
  }
  return square;
}

void ChangeDetector::take_changed(const PictureCells& picture, uint64_t sequence,
                                  Instant captured_at) {
  for (size_t i = 0; i < excess_.size(); ++i) excess_[i] = excess_of(picture, i);
  double limit = std::max(kSquareLevels, kNoiseFactor * noise_square_);
  const auto above =
      std::ranges::count_if(excess_, [limit](double excess) { return excess > limit; });
  if (double(above) > kMovingShare * double(excess_.size())) {
    limit = std::max(kMovingLevels, kMovingNoiseFactor * noise_square_);
  }
  for (size_t i = 0; i < excess_.size(); ++i) {
    if (excess_[i] <= limit) continue;
    ++changed_now_;
    take(picture, i, sequence, captured_at);
  }
}

// Viewers get this picture's segment.
void ChangeDetector::take(const PictureCells& picture, size_t segment, uint64_t sequence,
                          Instant captured_at) {
  ++taken_now_;
  changed_[segment] = sequence;
  taken_at_[segment] = captured_at;
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

// As if they had been renewed in turn.
void ChangeDetector::spread_renewals(Instant captured_at) {
  for (size_t i = 0; i < taken_at_.size(); ++i) {
    const Instant spread = captured_at - static_cast<int>(i % kPasses) * refresh_ / kPasses;
    taken_at_[i] = std::min(taken_at_[i], spread);
  }
}

// Moves the hand, and renews what it finds due.
void ChangeDetector::renew(const PictureCells& picture, uint64_t sequence, Instant captured_at) {
  const Duration pass = refresh_ / kPasses;
  const double time = to_seconds(captured_at - std::exchange(compared_at_, captured_at));
  const double all = double(grid_.count());
  passed_ = std::min(all, passed_ + all * std::max(0.0, time) / to_seconds(pass));
  for (; passed_ >= 1; --passed_) {
    if (captured_at - taken_at_[hand_] > refresh_ - pass) {
      take(picture, hand_, sequence, captured_at);
    }
    hand_ = (hand_ + 1) % grid_.count();
  }
}

}  // namespace fanlight
