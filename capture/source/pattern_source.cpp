// SPDX-License-Identifier: Apache-2.0
#include "capture/source/pattern_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

namespace fanlight {
namespace {

constexpr Colour kWall = rgb(58, 64, 74);
constexpr Colour kGrid = rgb(86, 94, 106);
constexpr Colour kPanel = rgb(24, 27, 33);
constexpr Colour kRunner = rgb(255, 196, 61);

// The bars of colour television at three quarters of full strength (SMPTE ECR 1-1978).
constexpr std::array kBars = {rgb(191, 191, 191), rgb(191, 191, 0), rgb(0, 191, 191),
                              rgb(0, 191, 0),     rgb(191, 0, 191), rgb(191, 0, 0),
                              rgb(0, 0, 191)};
constexpr int kGreySteps = 11;

// Divides `width` pixels into `count` columns without a remainder.
int column(int width, int count, int index) {
  return width * index / count;
}

}  // namespace

PatternSource::PatternSource(const SourceOptions& options, CameraClock& clock)
    : format_(drawn_format(options, 640, 480, 30)),
      clock_(clock),
      pacer_(clock, format_.interval),
      canvas_(format_.width, format_.height),
      sequence_(options.first_sequence) {
  const int width = format_.width;
  const int height = format_.height;
  scale_ = std::max(1, std::min(width / 160, height / 120));
  label_ = {width / 8 & ~1, height * 27 / 64 & ~1, (width - 2 * (width / 8)) & ~1,
            height * 20 / 64 & ~1};
  track_ = {label_.x, height * 51 / 64 & ~1, label_.width, height / 32 & ~1};
  draw_card();
}

void PatternSource::draw_card() {
  const int width = format_.width;
  const int height = format_.height;
  canvas_.fill(kWall);
  const int cell = std::max(16, height / 12) & ~1;
  for (int x = width / 2 % cell; x < width; x += cell) {
    canvas_.fill_rect({x, 0, std::max(1, scale_ / 2), height}, kGrid);
  }
  for (int y = height / 2 % cell; y < height; y += cell) {
    canvas_.fill_rect({0, y, width, std::max(1, scale_ / 2)}, kGrid);
  }
  const Point middle{width / 2.0, height / 2.0};
  const double radius = height * 0.42;
  canvas_.stroke(arc(middle, radius, radius, 0, 360), std::max(1.0, scale_ * 0.6), kGrid);

  const int bars_top = strip_height(height) + height / 24;
  const int bars_count = static_cast<int>(kBars.size());
  for (int i = 0; i < bars_count; ++i) {
    const int left = column(label_.width, bars_count, i);
    canvas_.fill_rect({label_.x + left, bars_top, column(label_.width, bars_count, i + 1) - left,
                       label_.y - bars_top},
                      kBars[static_cast<size_t>(i)]);
  }
  const int steps_top = label_.y + label_.height;
  for (int i = 0; i < kGreySteps; ++i) {
    const int left = column(label_.width, kGreySteps, i);
    canvas_.fill_rect({label_.x + left, steps_top, column(label_.width, kGreySteps, i + 1) - left,
                       track_.y - steps_top},
                      {static_cast<uint8_t>(i * 255 / (kGreySteps - 1))});
  }
  const int caption = std::max(1, scale_ / 2);
  canvas_.text_centred(track_.y + track_.height + height / 24, caption,
                       fmt::format("fanlight pattern  {}x{}", width, height), kWhite);
}

void PatternSource::draw_strip() {
  const uint32_t bits = static_cast<uint32_t>(sequence_ & 0xffff);
  const uint32_t parity = static_cast<uint32_t>(std::popcount(bits)) & 1;
  // White, black, the bits, parity, white: the highest of the twenty bits is leftmost.
  const uint32_t blocks = 1u << 19 | bits << 2 | parity << 1 | 1u;
  for (int i = 0; i < kStripBlocks; ++i) {
    const bool white = blocks >> (kStripBlocks - 1 - i) & 1;
    const int left = column(format_.width, kStripBlocks, i);
    canvas_.fill_rect(
        {left, 0, column(format_.width, kStripBlocks, i + 1) - left, strip_height(format_.height)},
        white ? kWhite : kBlack);
  }
}

void PatternSource::draw_labels(WallTime time) {
  canvas_.fill_rect(label_, kPanel);
  const std::string number = fmt::format("#{:06}", sequence_);
  const auto of_day = std::chrono::floor<std::chrono::milliseconds>(
      time - std::chrono::floor<std::chrono::days>(time));
  const std::chrono::hh_mm_ss clock(of_day);
  const std::string wall =
      fmt::format("{:02}:{:02}:{:02}.{:03} UTC", clock.hours().count(), clock.minutes().count(),
                  clock.seconds().count(), clock.subseconds().count());
  const int large = scale_ * 2;
  const int gap = (label_.height - Canvas::text_height(large) - Canvas::text_height(scale_)) / 3;
  canvas_.text_centred(label_.y + gap, large, number, kWhite);
  canvas_.text_centred(label_.y + 2 * gap + Canvas::text_height(large), scale_, wall, kRunner);
}

// From left to right in 64 pictures, repeatedly: a hitch or a lost picture is easily seen.
void PatternSource::draw_runner() {
  canvas_.fill_rect(track_, kBlack);
  const int width = std::max(4, track_.width / 32);
  const int step = static_cast<int>(sequence_ % 64);
  canvas_.fill_rect({track_.x + (track_.width - width) * step / 63, track_.y, width, track_.height},
                    kRunner);
}

std::optional<Picture> PatternSource::next(Instant deadline) {
  if (!pacer_.wait(deadline)) return std::nullopt;
  const WallTime wall = clock_.wall_now();
  const Instant now = clock_.now();
  draw_strip();
  draw_labels(wall);
  draw_runner();
  ++sequence_;
  return Picture{.jpeg = {},
                 .raw = canvas_.view(),
                 .width = format_.width,
                 .height = format_.height,
                 .captured_wall = wall,
                 .captured_at = now};
}

}  // namespace fanlight
