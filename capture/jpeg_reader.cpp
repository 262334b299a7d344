// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg_reader.h"

#include <algorithm>
#include <cstring>

namespace fanlight {
namespace {

using jpeg_marker::kDac, jpeg_marker::kDht, jpeg_marker::kDqt, jpeg_marker::kRst0,
    jpeg_marker::kRst7, jpeg_marker::kSof0, jpeg_marker::kSof15, jpeg_marker::kSof2,
    jpeg_marker::kSoi, jpeg_marker::kSos, jpeg_marker::kTem;

constexpr std::string_view kCutOff = "cut off";

bool is_restart(uint8_t marker) {
  return marker >= kRst0 && marker <= kRst7;
}

// SOF0..SOF15 share their range with DHT and DAC.
bool is_frame_header(uint8_t marker) {
  return marker >= kSof0 && marker <= kSof15 && marker != kDht && marker != kDac;
}

int number_at(std::span<const uint8_t> data, size_t offset) {
  return data[offset] << 8 | data[offset + 1];
}

size_t blocks(int samples) {
  return (static_cast<size_t>(samples) + 7) / 8;
}

}  // namespace

size_t find_scan_end(std::span<const uint8_t> data) noexcept {
  size_t at = 0;
  while (at + 1 < data.size()) {
    const void* found = std::memchr(&data[at], 0xff, data.size() - 1 - at);
    if (found == nullptr) {
      at = data.size() - 1;
      break;
    }
    at = static_cast<size_t>(static_cast<const uint8_t*>(found) - data.data());
    const uint8_t code = data[at + 1];
    if (code == 0xff) {
      ++at;  // padding before a marker
    } else if (code == 0 || is_restart(code)) {
      at += 2;
    } else {
      return at;
    }
  }
  return at + 1 == data.size() && data[at] != 0xff ? at + 1 : at;
}

JpegReader::JpegReader(std::span<const std::byte> data)
    : rest_(reinterpret_cast<const uint8_t*>(data.data()), data.size()) {}

bool JpegReader::fail(std::string_view problem) noexcept {
  problem_ = problem;
  return false;
}

bool JpegReader::read_start() noexcept {
  if (rest_.size() < 2 || rest_[0] != 0xff || rest_[1] != kSoi) return fail("not a JPEG");
  segment_ = rest_.first(2);
  rest_ = rest_.subspan(2);
  return true;
}

bool JpegReader::read_segment() noexcept {
  if (!read_marker()) return false;
  if (is_end()) {
    if (scan_bytes_ == 0) return fail("no picture data before its end");
    segment_ = {rest_.data() - 2, 2};
    return is_plausible() || fail("damaged: too little data for its size");
  }
  // A segment's length counts itself (B.1.1.4).
  if (rest_.size() < 2) return fail(kCutOff);
  const auto length = static_cast<size_t>(number_at(rest_, 0));
  if (length < 2) return fail("damaged: a segment without a length");
  if (length > rest_.size()) return fail(kCutOff);
  segment_ = {rest_.data() - 2, length + 2};
  rest_ = rest_.subspan(length);
  return read_content(segment_.subspan(4));
}

// A marker is 0xff, possibly repeated as padding, and a code that is neither 0 nor 0xff (B.1.1.2).
bool JpegReader::read_marker() noexcept {
  if (rest_.empty()) return fail(kCutOff);
  if (rest_[0] != 0xff) return fail("damaged: no marker where one must be");
  size_t at = 1;
  while (at < rest_.size() && rest_[at] == 0xff) ++at;
  if (at == rest_.size()) return fail(kCutOff);
  marker_ = rest_[at];
  rest_ = rest_.subspan(at + 1);
  if (marker_ == 0 || marker_ == kTem || marker_ == kSoi || is_restart(marker_)) {
    return fail("damaged: a marker where it must not be");
  }
  return true;
}

bool JpegReader::read_content(std::span<const uint8_t> content) noexcept {
  if (is_frame_header(marker_)) return read_frame_header(content);
  switch (marker_) {
    case kSos:
      return read_scan_header(content);
    case kDht:
      return read_huffman_tables(content) || fail("damaged: Huffman tables");
    case kDqt:
      return read_quantization_tables(content) || fail("damaged: quantization tables");
    default:
      return true;
  }
}

// B.2.2: precision, lines, samples per line, components.
bool JpegReader::read_frame_header(std::span<const uint8_t> content) noexcept {
  if (marker_ > kSof2) return fail("a coding that browsers do not show");
  if (content.size() < 6) return fail("damaged: frame header too short");
  if (width_ != 0) return fail("damaged: two frame headers");
  if (content[0] != 8) return fail("a coding that browsers do not show");
  const int height = number_at(content, 1);
  const int width = number_at(content, 3);
  if (width == 0 || height == 0) return fail("it does not tell its size");
  if (static_cast<size_t>(width) * static_cast<size_t>(height) > kPixelsMax) {
    return fail("damaged: larger than any picture is");
  }
  const size_t count = content[5];
  if ((count != 1 && count != 3 && count != 4) || content.size() != 6 + 3 * count) {
    return fail("damaged: frame header");
  }
  for (size_t i = 0; i < count; ++i) {
    const auto fields = content.subspan(6 + 3 * i, 3);
    const auto horizontal = static_cast<uint8_t>(fields[1] >> 4);
    const auto vertical = static_cast<uint8_t>(fields[1] & 15);
    const bool sampled = horizontal >= 1 && horizontal <= 4 && vertical >= 1 && vertical <= 4;
    if (!sampled || fields[2] > 3) return fail("damaged: frame header");
    components_[i] = {fields[0], horizontal, vertical, fields[2]};
  }
  component_count_ = count;
  width_ = width;
  height_ = height;
  progressive_ = marker_ == kSof2;
  return true;
}

// B.2.3: components with their tables, and three bytes that only progressive coding varies.
bool JpegReader::read_scan_header(std::span<const uint8_t> content) noexcept {
  if (width_ == 0) return fail("damaged: picture data before the size");
  const size_t count = content.empty() ? 0 : content[0];
  if (count < 1 || count > component_count_ || content.size() != 4 + 2 * count) {
    return fail("damaged: scan header");
  }
  const uint8_t spectral_start = content[1 + 2 * count];
  const uint8_t approximation_before = content[3 + 2 * count] >> 4;
  // A progressive scan has either DC or AC, and refines DC without a table (G.1.2.1).
  const bool dc = !progressive_ || (spectral_start == 0 && approximation_before == 0);
  const bool ac = !progressive_ || spectral_start != 0;
  for (size_t i = 0; i < count; ++i) {
    if (!has_tables(content[1 + 2 * i], content[2 + 2 * i], dc, ac)) {
      return fail("damaged: a table is missing");
    }
  }
  return true;
}

// Whether the component exists and has all that decoding it takes.
bool JpegReader::has_tables(uint8_t component, uint8_t tables, bool dc, bool ac) const noexcept {
  const auto found = std::find_if(components().begin(), components().end(),
                                  [&](const Component& known) { return known.id == component; });
  const unsigned dc_table = tables >> 4u;
  const unsigned ac_table = tables & 15u;
  if (found == components().end() || dc_table > 3 || ac_table > 3) return false;
  if ((quantization_tables_ >> found->quantization & 1) == 0) return false;
  // Annex K has two of each kind.
  if (lacks_huffman_tables()) return !progressive_ && dc_table < 2 && ac_table < 2;
  return (!dc || (huffman_tables_ >> dc_table & 1) != 0) &&
         (!ac || (huffman_tables_ >> (4 + ac_table) & 1) != 0);
}

// B.2.4.2: class and number, how many codes there are of each length, and their values.
bool JpegReader::read_huffman_tables(std::span<const uint8_t> content) noexcept {
  while (!content.empty()) {
    if (content.size() < 17 || content[0] >> 4 > 1 || (content[0] & 15) > 3) return false;
    size_t values = 0;
    for (const uint8_t codes : content.subspan(1, 16)) values += codes;
    if (values == 0 || values > 256 || content.size() < 17 + values) return false;
    huffman_tables_ |= static_cast<uint8_t>(1u << ((content[0] >> 4) * 4 + (content[0] & 15)));
    content = content.subspan(17 + values);
  }
  return true;
}

// B.2.4.1: precision and number, and 64 values of one or two bytes.
bool JpegReader::read_quantization_tables(std::span<const uint8_t> content) noexcept {
  while (!content.empty()) {
    const size_t size = 1 + 64 * (1 + static_cast<size_t>(content[0] >> 4));
    if (content[0] >> 4 > 1 || (content[0] & 15) > 3 || content.size() < size) return false;
    quantization_tables_ |= static_cast<uint8_t>(1u << (content[0] & 15));
    content = content.subspan(size);
  }
  return true;
}

bool JpegReader::skip_scan() noexcept {
  const size_t end = find_scan_end(rest_);
  if (end + 1 >= rest_.size()) return fail(kCutOff);
  return scan_ends_after(end);
}

bool JpegReader::scan_ends_after(size_t bytes) noexcept {
  scan_bytes_ += bytes;
  rest_ = rest_.subspan(bytes);
  return true;
}

// A Huffman code has at least one bit, and every 8x8 block at least one for DC and, unless it is
// progressive, another for AC. A size that needs more than there is was damaged on its way, or is
// made to exhaust the viewers' memory.
bool JpegReader::is_plausible() const noexcept {
  int horizontal_max = 1;
  int vertical_max = 1;
  for (const Component& component : components()) {
    horizontal_max = std::max<int>(horizontal_max, component.horizontal);
    vertical_max = std::max<int>(vertical_max, component.vertical);
  }
  size_t block_count = 0;
  for (const Component& component : components()) {
    block_count += blocks(width_ * component.horizontal / horizontal_max) *
                   blocks(height_ * component.vertical / vertical_max);
  }
  return scan_bytes_ * 8 >= block_count * (progressive_ ? 1 : 2);
}

}  // namespace fanlight
