// SPDX-License-Identifier: Apache-2.0
#include "capture/draw/slate.h"

#include <algorithm>

#include "capture/draw/font.h"
#include "capture/draw/motif.h"
#include "capture/jpeg/jpeg_encoder.h"

namespace fanlight {
namespace {

constexpr Colour kNight = rgb(36, 42, 54);
constexpr int kLinesMax = 3;
// For larger pictures: a larger slate is no more readable, and takes longer.
constexpr SlateSize kLargest{1920, 1080};

// The first line of `text` with at most `columns` characters, broken at a space where there is one;
// it is removed from `text`.
std::string_view take_line(std::string_view& text, size_t columns) {
  std::string_view line = text.substr(0, columns);
  if (text.size() > columns && text[columns] != ' ') {
    const size_t space = line.rfind(' ');
    if (space != line.npos && space > 0) line = line.substr(0, space);
  }
  text.remove_prefix(line.size());
  if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return line;
}

}  // namespace

SlateSize slate_size(int picture_width, int picture_height, size_t bytes_max) {
  if (picture_width < 160 || picture_height < 120) return {320, 240};
  SlateSize size{picture_width, picture_height};
  const size_t limit =
      std::min(bytes_max, JpegEncoder::worst_case(kLargest.width, kLargest.height));
  while (JpegEncoder::worst_case(size.width, size.height) > limit && size.height > 120) {
    size = {size.width / 2, size.height / 2};
  }
  return size;
}

Canvas draw_slate(SlateSize size, std::string_view camera, std::string_view reason) {
  Canvas canvas(size.width, size.height);
  canvas.fill_gradient(mix(kNight, kWhite, 0.06), mix(kNight, kBlack, 0.35));
  const double unit = std::min(size.width / 4.0, size.height / 3.0) / 160;
  draw_fanlight(canvas, {size.width / 2.0, size.height * 0.41}, 150 * unit,
                mix(kNight, kWhite, 0.16));

  const int large = std::max(2, static_cast<int>(6 * unit));
  const int small = std::max(1, static_cast<int>(3 * unit));
  int y = size.height * 46 / 100;
  canvas.text_centred(y, large, "No signal", kWhite);
  y += Canvas::text_height(large) + Canvas::text_height(small);
  const auto columns = static_cast<size_t>(size.width * 9 / 10 / ((kGlyphColumns + 1) * small));
  for (int line = 0; line < kLinesMax && !reason.empty(); ++line) {
    canvas.text_centred(y, small, take_line(reason, columns), rgb(255, 196, 61));
    y += Canvas::text_height(small) * 5 / 4;
  }
  canvas.text_centred(size.height - static_cast<int>(36 * unit), small, camera,
                      mix(kNight, kWhite, 0.6));
  return canvas;
}

}  // namespace fanlight
