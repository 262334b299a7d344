// SPDX-License-Identifier: Apache-2.0
#include "core/segments/check_update.h"

#include <optional>

#include "core/check.h"
#include "core/segments/jpeg_head.h"

namespace fanlight {
namespace {

// All of the head but its dimensions.
bool has_head_of(const JpegHead& head, std::string_view frame, std::string_view atlas) {
  const size_t end = head.dimensions + kJpegDimensionsBytes;
  return atlas.size() >= head.size &&
         atlas.substr(0, head.dimensions) == frame.substr(0, head.dimensions) &&
         atlas.substr(end, head.size - end) == frame.substr(end, head.size - end);
}

}  // namespace

std::string_view check_update(const SegmentUpdate& update, std::string_view frame,
                              std::string_view atlas) noexcept {
  CHECK(!update.empty() && update.atlas_columns > 0);
  const auto head = read_jpeg_head(frame);
  const auto grid = head ? divide(*head) : std::nullopt;
  if (!grid) return "an update of a frame without segments";
  if (update.width != head->width || update.height != head->height || update.grid != *grid) {
    return "an update of another geometry";
  }
  const auto atlas_head = read_jpeg_head(atlas);
  if (!atlas_head) return "the atlas is not a JPEG in segments";
  if (!has_head_of(*head, frame, atlas)) return "the atlas has other tables than the whole frame";
  const auto columns = static_cast<size_t>(update.atlas_columns);
  const size_t rows = (update.count() + columns - 1) / columns;
  if (static_cast<size_t>(atlas_head->width) != columns * static_cast<size_t>(grid->width) ||
      static_cast<size_t>(atlas_head->height) != rows * static_cast<size_t>(grid->height)) {
    return "the atlas has other dimensions than its message says";
  }
  return {};
}

}  // namespace fanlight
