// SPDX-License-Identifier: Apache-2.0
// Find segments: finds the segments (core/segment_index.h) of a JPEG.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "core/segment_index.h"

namespace fanlight {

// Fills `grid`, and the beginnings of `segments`: one for each segment, and one more. False, and
// both are undefined, if the JPEG cannot be divided: it is progressive, has several scans, no
// restart intervals or some that do not divide its rows, markers out of order or anything else
// between its parts; or if `segments` has less than that many elements.
// Only what division depends on is verified: neither tables nor entropy-coded data.
bool find_segments(std::span<const std::byte> jpeg, SegmentGrid& grid,
                   std::span<Segment> segments) noexcept;

// The same with `segments` grown to as many as there are, and never shrunk.
bool find_segments(std::string_view jpeg, SegmentGrid& grid, std::vector<Segment>& segments);

}  // namespace fanlight
