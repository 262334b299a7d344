// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_segments.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "capture/jpeg/jpeg_reader.h"

namespace fanlight {
namespace {

constexpr int kBlock = 8;  // pixels on a side

int divided_up(int value, int by) {
  return (value + by - 1) / by;
}

// The parts of a head that decide how the scan is divided.
struct Head {
  int width = 0;
  int height = 0;
  size_t components = 0;
  int mcu_width = 0;  // pixels
  int mcu_height = 0;
  int interval = 0;                   // MCUs; 0: none
  bool has_more_than_needed = false;  // metadata

  // ITU-T T.81 section B.2.2: length, precision, height, width, components.
  bool read_frame_header(std::span<const uint8_t> segment) {
    height = number_at(segment, 5);
    width = number_at(segment, 7);
    components = segment[9];
    int horizontal = 1;
    int vertical = 1;
    for (size_t i = 0; i < components; ++i) {
      const uint8_t factors = segment[11 + 3 * i];
      horizontal = std::max(horizontal, factors >> 4);
      vertical = std::max(vertical, factors & 15);
    }
    // The only component of a scan is not interleaved, whatever its factors are (section A.2.2).
    mcu_width = components == 1 ? kBlock : horizontal * kBlock;
    mcu_height = components == 1 ? kBlock : vertical * kBlock;
    return height > 0;
  }

  bool divide(SegmentGrid& grid) const {
    if (interval == 0 || mcu_width == 0) return false;
    const int across = divided_up(width, mcu_width);
    if (across % interval != 0) return false;
    grid = {.width = interval * mcu_width,
            .height = mcu_height,
            .columns = across / interval,
            .rows = divided_up(height, mcu_height)};
    return grid.count() <= kSegmentsMax;
  }
};

// True if the scan is that of all components; then `head` is complete.
bool read_head(JpegReader& reader, Head& head) {
  if (!reader.read_start()) return false;
  for (;;) {
    const uint8_t* const begin = reader.rest().data();
    if (!reader.read_segment() || reader.is_end()) return false;
    const std::span<const uint8_t> segment = reader.segment();
    // Nothing else between two parts, so that a head can be walked without a reader.
    if (segment.data() != begin || segment.empty()) return false;
    switch (reader.marker()) {
      case jpeg_marker::kSof0:
      case jpeg_marker::kSof1:
        if (!head.read_frame_header(segment)) return false;
        break;
      case jpeg_marker::kDri:
        head.interval = number_at(segment, 4);
        break;
      case jpeg_marker::kSos:
        return head.components > 0 && segment[4] == head.components;
      case jpeg_marker::kDqt:
      case jpeg_marker::kDht:
      case jpeg_marker::kApp0:   // JFIF
      case jpeg_marker::kApp14:  // Adobe: the colour space
        break;
      default:
        head.has_more_than_needed = true;
        break;
    }
  }
}

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
    if (found == count || code != jpeg_marker::kRst0 + (found - 1) % 8) return false;
    ++found;
  }
}

}  // namespace

int choose_segment_mcus(int mcus_per_row) noexcept {
  int best = mcus_per_row;
  double least = 1e9;
  for (int mcus = 1; mcus <= mcus_per_row; ++mcus) {
    if (mcus_per_row % mcus != 0) continue;
    // Less is a last resort: of one MCU, markers would be a tenth of the picture.
    const double distance =
        std::abs(std::log2(double(mcus) / kSegmentMcus)) + (mcus == 1             ? 100
                                                            : mcus < kSegmentMcus ? 1
                                                                                  : 0);
    if (distance >= least) continue;
    least = distance;
    best = mcus;
  }
  return best;
}

bool has_suitable_segments(std::span<const std::byte> jpeg) noexcept {
  JpegReader reader(jpeg);
  Head head;
  SegmentGrid grid;
  return read_head(reader, head) && !reader.is_progressive() && head.divide(grid) &&
         !head.has_more_than_needed && 2 * head.interval >= kSegmentMcus &&
         head.interval <= 2 * kSegmentMcus;
}

bool find_segments(std::span<const std::byte> jpeg, SegmentGrid& grid,
                   std::span<Segment> segments) noexcept {
  JpegReader reader(jpeg);
  Head head;
  if (!read_head(reader, head) || reader.is_progressive() || !head.divide(grid)) return false;
  if (segments.size() <= grid.count()) return false;
  const std::span bytes(reinterpret_cast<const uint8_t*>(jpeg.data()), jpeg.size());
  const auto begin = static_cast<size_t>(reader.rest().data() - bytes.data());
  return find_beginnings(bytes, begin, grid.count(), segments);
}

}  // namespace fanlight
