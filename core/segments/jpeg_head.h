// SPDX-License-Identifier: Apache-2.0
// JPEG head: what precedes the entropy-coded data, as far as it decides how that is divided.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/segment_index.h"

namespace fanlight {

// Of a sequential JPEG whose only scan has all its components, ITU-T T.81 sections A.2 and B.2.
struct JpegHead {
  size_t size = 0;        // bytes
  size_t dimensions = 0;  // the offset of its height and width, two bytes each
  int width = 0;          // pixels
  int height = 0;
  int mcu_width = 0;  // pixels
  int mcu_height = 0;
  int interval = 0;           // MCUs; 0: none
  bool has_metadata = false;  // more than decoding needs
};

inline constexpr size_t kJpegDimensionsBytes = 4;

// Nothing if `jpeg` does not begin with such a head: it is progressive, has several scans, is cut
// off, or has something else between its parts, so that others can walk the head without a check.
// Tables are not looked at. Reads only within `jpeg`.
std::optional<JpegHead> read_jpeg_head(std::string_view jpeg) noexcept;

// How the restart intervals divide the picture; nothing if there are none, if they do not divide
// its rows, or if there are more than kSegmentsMax.
std::optional<SegmentGrid> divide(const JpegHead& head) noexcept;

}  // namespace fanlight
