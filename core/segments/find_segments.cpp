// SPDX-License-Identifier: Apache-2.0
#include "core/segments/find_segments.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#include "core/segments/jpeg_head.h"
#include "core/segments/jpeg_marker.h"

namespace fanlight {
namespace {

// The beginnings of the segments from `at` on; false if there are not exactly `count`, up to EOI at
// the end of the JPEG.
bool find_beginnings(std::span<const uint8_t> jpeg, size_t at, size_t count,
                     std::span<Segment> segments) {
  size_t found = 0;
  segments[found++].begin = static_cast<uint32_t>(at);
  for (;;) {
    const void* marker = std::memchr(jpeg.data() + at, 0xff, jpeg.size() - at);
    if (marker == nullptr) return false;
    at = static_cast<size_t>(static_cast<const uint8_t*>(marker) - jpeg.data()) + 2;
    if (at > jpeg.size()) return false;
    const uint8_t code = jpeg[at - 1];
    if (code == 0) continue;
    segments[found].begin = static_cast<uint32_t>(at);
    if (code == jpeg_marker::kEoi) return found == count && at == jpeg.size();
    if (found == count || code != jpeg_marker::restart_after(found - 1)) return false;
    ++found;
  }
}

}  // namespace

bool find_segments(std::span<const std::byte> jpeg, SegmentGrid& grid,
                   std::span<Segment> segments) noexcept {
  if (jpeg.size() > std::numeric_limits<uint32_t>::max()) return false;
  const auto head = read_jpeg_head({reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
  if (!head) return false;
  const std::optional<SegmentGrid> divided = divide(*head);
  if (!divided || segments.size() <= divided->count()) return false;
  grid = *divided;
  const std::span bytes(reinterpret_cast<const uint8_t*>(jpeg.data()), jpeg.size());
  return find_beginnings(bytes, head->size, grid.count(), segments);
}

bool find_segments(std::string_view jpeg, SegmentGrid& grid, std::vector<Segment>& segments) {
  const auto head = read_jpeg_head(jpeg);
  const auto divided = head ? divide(*head) : std::nullopt;
  if (!divided) return false;
  segments.resize(std::max(segments.size(), divided->count() + 1));
  const std::span bytes(reinterpret_cast<const std::byte*>(jpeg.data()), jpeg.size());
  return find_segments(bytes, grid, std::span(segments));
}

}  // namespace fanlight
