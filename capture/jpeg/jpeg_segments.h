// SPDX-License-Identifier: Apache-2.0
// JPEG segments: chooses the width of a picture's segments (core/segment_index.h).
#pragma once

#include <cstddef>
#include <span>

namespace fanlight {

// How many MCUs a segment has, for pictures with this many in a row, of this size each: it must
// divide them, because restart intervals are counted through the whole picture, and should have
// about kSegmentPixels, three MCUs of 4:2:0. A smaller one costs two bytes, and the first DC
// difference of each component, more often; with a larger one a small change sends more. On the
// camera of change_detector.h segments of 2, 3 and 4 MCUs make frames 4.0, 2.6 and 2.0 % larger,
// and updates 6.3, 5.8 and 5.5 times smaller.
inline constexpr int kSegmentPixels = 3 * 16 * 16;
int choose_segment_mcus(int mcus_per_row, int mcu_pixels) noexcept;

// Whether a camera's JPEG may be served in the segments that it has: of about kSegmentPixels, and
// with a head that can be the same for every picture and does not rotate it, so that it has only
// what decoding needs. Reads only the head.
bool has_suitable_segments(std::span<const std::byte> jpeg) noexcept;

}  // namespace fanlight
