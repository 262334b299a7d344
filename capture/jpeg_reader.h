// SPDX-License-Identifier: Apache-2.0
// JPEG reader: takes a JPEG apart into its segments (ITU-T T.81, annex B), and believes nothing
// that it says about itself. Nothing is decoded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fanlight {

// Markers, ITU-T T.81 table B.1.
namespace jpeg_marker {
inline constexpr uint8_t kTem = 0x01;
inline constexpr uint8_t kSof0 = 0xc0;  // baseline
inline constexpr uint8_t kSof2 = 0xc2;  // progressive
inline constexpr uint8_t kDht = 0xc4;
inline constexpr uint8_t kDac = 0xcc;
inline constexpr uint8_t kSof15 = 0xcf;
inline constexpr uint8_t kRst0 = 0xd0;
inline constexpr uint8_t kRst7 = 0xd7;
inline constexpr uint8_t kSoi = 0xd8;
inline constexpr uint8_t kEoi = 0xd9;
inline constexpr uint8_t kSos = 0xda;
inline constexpr uint8_t kDqt = 0xdb;
inline constexpr uint8_t kApp1 = 0xe1;
}  // namespace jpeg_marker

// Where the entropy-coded data at the beginning of `data` ends: the offset of the first 0xff of a
// marker that is neither a stuffed zero nor a restart (B.1.1.5). When there is none, the end of
// `data`, or one less if its last byte is a 0xff of which nobody can say yet what it is.
size_t find_scan_end(std::span<const uint8_t> data) noexcept;

// Owns: nothing. Thread: one at a time.
// Use: read_segment() until is_end(); after each SOS skip the scan. Whatever returns false has
//   found that this is not a whole JPEG that browsers show; problem() says why, and nothing else
//   may be called any more.
// Invariant: reads only within `data`.
class JpegReader {
 public:
  // Larger pictures do not exist: no camera takes them, and browsers run out of memory.
  static constexpr size_t kPixelsMax = size_t{1} << 26;

  explicit JpegReader(std::span<const std::byte> data);

  bool read_start() noexcept;
  bool read_segment() noexcept;
  bool skip_scan() noexcept;
  // For whoever has found the scan's end by himself: `bytes` behind its SOS.
  bool scan_ends_after(size_t bytes) noexcept;

  uint8_t marker() const { return marker_; }
  bool is_end() const { return marker_ == jpeg_marker::kEoi; }
  bool is_scan() const { return marker_ == jpeg_marker::kSos; }
  // The segment read last, from its marker on, without fill bytes before it.
  std::span<const uint8_t> segment() const { return segment_; }
  // All that follows it.
  std::span<const uint8_t> rest() const { return rest_; }

  // Read at SOS: the JPEG relies on the Huffman tables of T.81 annex K, as Motion JPEG does.
  bool lacks_huffman_tables() const { return huffman_tables_ == 0; }
  int width() const { return width_; }  // pixels; 0 before the frame header
  int height() const { return height_; }
  std::string_view problem() const { return problem_; }  // a constant

 private:
  struct Component {
    uint8_t id = 0;
    uint8_t horizontal = 0;  // sampling factors
    uint8_t vertical = 0;
    uint8_t quantization = 0;  // its table
  };

  bool fail(std::string_view problem) noexcept;
  bool read_marker() noexcept;
  bool read_content(std::span<const uint8_t> content) noexcept;
  bool read_frame_header(std::span<const uint8_t> content) noexcept;
  bool read_scan_header(std::span<const uint8_t> content) noexcept;
  bool read_huffman_tables(std::span<const uint8_t> content) noexcept;
  bool read_quantization_tables(std::span<const uint8_t> content) noexcept;
  bool has_tables(uint8_t component, uint8_t tables, bool dc, bool ac) const noexcept;
  bool is_plausible() const noexcept;
  std::span<const Component> components() const { return {components_.data(), component_count_}; }

  std::span<const uint8_t> rest_;
  std::span<const uint8_t> segment_;
  uint8_t marker_ = 0;
  std::string_view problem_;

  int width_ = 0;
  int height_ = 0;
  bool progressive_ = false;
  std::array<Component, 4> components_{};
  size_t component_count_ = 0;
  uint8_t quantization_tables_ = 0;  // bit n: table n is there
  uint8_t huffman_tables_ = 0;       // bits 0..3: for DC, 4..7: for AC
  size_t scan_bytes_ = 0;            // of all scans so far
};

}  // namespace fanlight
