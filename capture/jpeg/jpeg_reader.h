// SPDX-License-Identifier: Apache-2.0
// JPEG reader: splits a JPEG into its segments (ITU-T T.81, annex B), and trusts nothing in it.
// Nothing is decoded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "capture/jpeg/exif_orientation.h"
#include "core/segments/jpeg_marker.h"

namespace fanlight {

// 16 bits, most significant first (B.1.1.1).
inline int number_at(std::span<const uint8_t> data, size_t offset) {
  return data[offset] << 8 | data[offset + 1];
}

// The problem of an incomplete picture.
inline constexpr std::string_view kJpegCutOff = "cut off";

// The end of the entropy-coded data at the beginning of `data`: the offset of the first 0xff of a
// marker that is neither a stuffed zero nor a restart (B.1.1.5). Without one, the end of `data`, or
// one less if its last byte is a 0xff whose meaning depends on the next byte.
size_t find_scan_end(std::span<const uint8_t> data) noexcept;

// Owns: nothing. Thread: one at a time.
// Use: read_segment() until is_end(); after each SOS skip the scan. A function that returns false
//   has found that this is not a whole JPEG that browsers show; problem() gives the reason, and no
//   other function may be called after that.
// Like decoders, it skips anything between segments that belongs to none: stray bytes, stuffed
// zeros, and stand-alone markers (libjpeg's next_marker()).
// Invariant: reads only within `data`.
class JpegReader {
 public:
  // A limit, so that a few bytes cannot exhaust the viewers' memory: 268 megapixels. Phones produce
  // 200.
  static constexpr size_t kPixelsMax = size_t{1} << 28;
  static constexpr int kSideMax = 65500;  // libjpeg's JPEG_MAX_DIMENSION, and so the browsers'

  explicit JpegReader(std::span<const std::byte> data);

  bool read_start() noexcept;
  bool read_segment() noexcept;
  void skip_scan() noexcept;
  // For callers that have found the scan's end themselves: `bytes` after its SOS, at a marker.
  void scan_ends_after(size_t bytes) noexcept;

  uint8_t marker() const { return marker_; }
  bool is_end() const { return marker_ == jpeg_marker::kEoi; }
  bool is_scan() const { return marker_ == jpeg_marker::kSos; }
  // The segment read last, starting with its marker, without preceding fill bytes. Also an EOI
  // where the data has none; empty for a segment without a length, which decoders treat as empty.
  std::span<const uint8_t> segment() const { return segment_; }
  // Everything after it.
  std::span<const uint8_t> rest() const { return rest_; }

  // Read at the end: only decoding can show whether the picture is complete, because EOI is
  // missing, or a scan is followed by something that is not a marker.
  bool is_doubtful() const { return is_doubtful_; }
  bool lacks_end() const { return lacks_end_; }  // no EOI; read at the end
  bool is_progressive() const { return progressive_; }
  // Read at SOS: the JPEG relies on Huffman tables of T.81 annex K, as Motion JPEG does.
  bool needs_standard_tables() const { return needs_standard_tables_; }
  // The tables in the JPEG itself. Bit n: DC table n; bit 4 + n: AC table n.
  uint8_t huffman_tables() const { return huffman_tables_; }
  // 1..8; complete at the first SOS (exif_orientation.h).
  int exif_orientation() const { return exif_orientation_; }
  int width() const { return width_; }  // pixels; 0 before the frame header
  int height() const { return height_; }
  // Width and height after the rotation given by its EXIF.
  std::pair<int, int> shown_size() const {
    return orientation_of_exif(exif_orientation_).size_of(width_, height_);
  }
  std::string_view problem() const { return problem_; }  // a constant

 private:
  struct Component {
    uint8_t id = 0;
    uint8_t horizontal = 0;  // sampling factors
    uint8_t vertical = 0;
    uint8_t quantization = 0;  // its table
  };
  struct Scan;

  bool fail(std::string_view problem) noexcept;
  bool read_marker() noexcept;
  bool end_without_marker() noexcept;
  bool end_within_segment() noexcept;
  bool finish() noexcept;
  bool read_content(std::span<const uint8_t> content) noexcept;
  void read_exif(std::span<const uint8_t> content) noexcept;
  bool read_frame_header(std::span<const uint8_t> content) noexcept;
  bool read_components(std::span<const uint8_t> content) noexcept;
  bool read_scan_header(std::span<const uint8_t> content) noexcept;
  bool can_be(const Scan& scan) const noexcept;
  bool choose_components(const Scan& scan) noexcept;
  bool read_huffman_tables(std::span<const uint8_t> content) noexcept;
  bool read_quantization_tables(std::span<const uint8_t> content) noexcept;
  bool has_tables(const Component& component, uint8_t tables, const Scan& scan) noexcept;
  bool has_huffman_table(unsigned number, bool is_ac) noexcept;
  bool is_plausible() const noexcept;
  std::span<const Component> components() const { return {components_.data(), component_count_}; }

  std::span<const uint8_t> rest_;
  std::span<const uint8_t> segment_;
  uint8_t marker_ = 0;
  std::string_view problem_;
  bool is_doubtful_ = false;
  bool lacks_end_ = false;

  int width_ = 0;
  int height_ = 0;
  bool progressive_ = false;
  bool has_exif_ = false;
  int exif_orientation_ = 1;
  std::array<Component, 4> components_{};
  size_t component_count_ = 0;
  int horizontal_max_ = 1;  // of the components' sampling factors
  int vertical_max_ = 1;
  unsigned dc_components_ = 0;       // bit n: a scan had a first DC pass of component n
  uint8_t quantization_tables_ = 0;  // bit n: table n is present
  uint8_t huffman_tables_ = 0;       // bits 0..3: DC, 4..7: AC
  uint8_t impossible_tables_ = 0;    // those of them that are not a valid code
  bool needs_standard_tables_ = false;
  bool has_scan_ = false;
  size_t scan_bytes_ = 0;  // of all scans so far
};

}  // namespace fanlight
