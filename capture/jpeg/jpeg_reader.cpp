// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_reader.h"

#include <algorithm>
#include <cstring>

#include "capture/jpeg/tiff_reader.h"

namespace fanlight {
namespace {

using jpeg_marker::kApp0, jpeg_marker::kApp1, jpeg_marker::kApp15, jpeg_marker::kCom,
    jpeg_marker::kDac, jpeg_marker::kDht, jpeg_marker::kDqt, jpeg_marker::kDri, jpeg_marker::kEoi,
    jpeg_marker::kRst0, jpeg_marker::kRst7, jpeg_marker::kSof0, jpeg_marker::kSof15,
    jpeg_marker::kSof2, jpeg_marker::kSoi, jpeg_marker::kSos, jpeg_marker::kTem;

constexpr std::string_view kNotShown = "a coding that browsers do not show";
constexpr std::array<uint8_t, 2> kEndOfImage{0xff, kEoi};
constexpr int kBlocksPerMcuMax = 10;  // B.2.3

bool is_restart(uint8_t marker) {
  return marker >= kRst0 && marker <= kRst7;
}

// SOF0..SOF15 share their range with DHT and DAC.
bool is_frame_header(uint8_t marker) {
  return marker >= kSof0 && marker <= kSof15 && marker != kDht && marker != kDac;
}

// Markers that decoders skip by their length when they have no use for them.
bool is_optional(uint8_t marker) {
  return (marker >= kApp0 && marker <= kApp15) || marker == kCom;
}

// Decoders give up at any other marker: it may change the meaning of all that follows.
bool is_known(uint8_t marker) {
  return is_frame_header(marker) || is_optional(marker) || marker == kDht || marker == kDac ||
         (marker >= kEoi && marker <= kDri);
}

size_t blocks(int samples) {
  return (static_cast<size_t>(samples) + 7) / 8;
}

// The size of a scan that no marker ends, without the first half of EOI, and without NULs that
// replace it. Whether those are padding is not certain: see size_of_whole().
size_t size_without_padding(std::span<const uint8_t> scan) {
  size_t size = scan.size();
  while (size > 0 && (scan[size - 1] == 0xff || scan[size - 1] == 0)) --size;
  return size;
}

// Annex C: the codes of each length follow those of the previous length, and none consists of ones
// only. F.1.2.1: DC codes stand for a number of bits.
bool is_huffman_code(std::span<const uint8_t> lengths, std::span<const uint8_t> values,
                     bool is_ac) {
  unsigned codes = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    codes = 2 * codes + lengths[i];
    if (codes >= 2u << i) return false;
  }
  return is_ac || std::all_of(values.begin(), values.end(), [](uint8_t bits) { return bits < 16; });
}

}  // namespace

// B.2.3: a scan header without its components.
struct JpegReader::Scan {
  explicit Scan(std::span<const uint8_t> content)
      : selectors(content.subspan(1, content.size() - 4)),
        spectral_start(content[content.size() - 3]),
        spectral_end(content[content.size() - 2]),
        approximation_before(content.back() >> 4),
        approximation(content.back() & 15) {}

  std::span<const uint8_t> selectors;  // two bytes for each component
  unsigned spectral_start;
  unsigned spectral_end;
  unsigned approximation_before;
  unsigned approximation;
};

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
  if (is_end()) return finish();
  // A segment's length counts itself (B.1.1.4).
  if (rest_.size() < 2) return end_within_segment();
  auto length = static_cast<size_t>(number_at(rest_, 0));
  const bool has_length = length >= 2;
  if (!has_length && !is_optional(marker_)) return fail("damaged: a segment without a length");
  length = std::max<size_t>(length, 2);
  if (length > rest_.size()) return end_within_segment();
  segment_ = {rest_.data() - 2, has_length ? length + 2 : 0};
  const std::span<const uint8_t> content = rest_.subspan(2, length - 2);
  rest_ = rest_.subspan(length);
  return read_content(content);
}

// A marker is 0xff, possibly repeated as padding, and a code that is neither 0 nor 0xff (B.1.1.2).
bool JpegReader::read_marker() noexcept {
  size_t at = 0;
  uint8_t code = 0;
  while (code == 0 || code == kTem || is_restart(code)) {
    if (at == rest_.size()) return end_without_marker();
    const void* found = std::memchr(&rest_[at], 0xff, rest_.size() - at);
    if (found == nullptr) return end_without_marker();
    const auto begin = static_cast<size_t>(static_cast<const uint8_t*>(found) - rest_.data());
    // After a scan it may be the rest of one that was damaged in the middle.
    if (has_scan_ && begin > 0) is_doubtful_ = true;
    at = begin + 1;
    while (at < rest_.size() && rest_[at] == 0xff) ++at;
    if (at == rest_.size()) return end_without_marker();
    code = rest_[at++];
  }
  marker_ = code;
  rest_ = rest_.subspan(at);
  if (marker_ == kSoi) return fail("damaged: a misplaced marker");
  return is_known(marker_) || fail("damaged: an unknown marker");
}

// To decoders, the end of the data is as good as EOI if the whole picture precedes it.
bool JpegReader::end_without_marker() noexcept {
  if (scan_bytes_ == 0) return fail(kJpegCutOff);
  is_doubtful_ = true;
  lacks_end_ = true;
  marker_ = kEoi;
  return true;
}

// Anything may follow the picture.
bool JpegReader::end_within_segment() noexcept {
  rest_ = {rest_.data() - 2, rest_.size() + 2};  // starting with its marker
  return end_without_marker() && (finish() || fail(kJpegCutOff));
}

bool JpegReader::finish() noexcept {
  segment_ = kEndOfImage;
  if (scan_bytes_ == 0) return fail("no picture data before its end");
  if (!is_plausible()) return fail("damaged: too little data for its size");
  if (progressive_ && dc_components_ + 1 != 1u << component_count_) {
    return fail("damaged: a progressive picture without DC");
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
    case kDri:
      return content.size() == 2 || fail("damaged: restart interval");
    case kApp1:
      read_exif(content);
      return true;
    default:
      return true;
  }
}

// Only the first EXIF counts, and only before the picture's data, as in browsers.
void JpegReader::read_exif(std::span<const uint8_t> content) noexcept {
  if (has_exif_ || has_scan_ || !TiffReader::is_exif(content)) return;
  has_exif_ = true;
  exif_orientation_ = read_exif_orientation(content);
}

// B.2.2: precision, lines, samples per line, components.
bool JpegReader::read_frame_header(std::span<const uint8_t> content) noexcept {
  if (marker_ > kSof2) return fail(kNotShown);
  if (content.size() < 6) return fail("damaged: frame header too short");
  if (width_ != 0) return fail("damaged: two frame headers");
  if (content[0] != 8) return fail(kNotShown);
  const int height = number_at(content, 1);
  const int width = number_at(content, 3);
  if (width == 0 || height == 0) return fail("its size is missing");
  if (static_cast<size_t>(width) * static_cast<size_t>(height) > kPixelsMax) {
    return fail("larger than the limit of 268 megapixels");
  }
  if (width > kSideMax || height > kSideMax) {
    return fail("larger than the limit of 65500 pixels in a row or column");
  }
  if (!read_components(content.subspan(5))) return false;
  width_ = width;
  height_ = height;
  progressive_ = marker_ == kSof2;
  return true;
}

bool JpegReader::read_components(std::span<const uint8_t> content) noexcept {
  constexpr std::string_view kDamaged = "damaged: frame header";
  const size_t count = content[0];
  if ((count != 1 && count != 3 && count != 4) || content.size() != 1 + 3 * count) {
    return fail(kDamaged);
  }
  for (size_t i = 0; i < count; ++i) {
    const auto fields = content.subspan(1 + 3 * i, 3);
    const auto horizontal = static_cast<uint8_t>(fields[1] >> 4);
    const auto vertical = static_cast<uint8_t>(fields[1] & 15);
    const bool sampled = horizontal >= 1 && horizontal <= 4 && vertical >= 1 && vertical <= 4;
    if (!sampled || fields[2] > 3) return fail(kDamaged);
    components_[i] = {fields[0], horizontal, vertical, fields[2]};
    horizontal_max_ = std::max<int>(horizontal_max_, horizontal);
    vertical_max_ = std::max<int>(vertical_max_, vertical);
  }
  component_count_ = count;
  // Decoders only upsample by whole numbers (libjpeg's JERR_FRACT_SAMPLE_NOTIMPL).
  for (const Component& component : components()) {
    if (horizontal_max_ % component.horizontal != 0 || vertical_max_ % component.vertical != 0) {
      return fail(kNotShown);
    }
  }
  return true;
}

bool JpegReader::read_scan_header(std::span<const uint8_t> content) noexcept {
  if (width_ == 0) return fail("damaged: picture data before the size");
  const size_t count = content.empty() ? 0 : content[0];
  if (count < 1 || count > component_count_ || content.size() != 4 + 2 * count) {
    return fail("damaged: scan header");
  }
  has_scan_ = true;
  const Scan scan(content);
  if (!can_be(scan)) return fail("damaged: an impossible scan");
  return choose_components(scan);
}

// G.1.1.1 for progressive pictures. All others have the whole block in one scan (B.2.3); some
// encoders write zeros only, and decoders ignore that.
bool JpegReader::can_be(const Scan& scan) const noexcept {
  if (!progressive_) {
    return scan.spectral_start == 0 && (scan.spectral_end == 63 || scan.spectral_end == 0) &&
           scan.approximation_before == 0 && scan.approximation == 0;
  }
  const bool is_refinement = scan.approximation_before != 0;
  if (is_refinement && scan.approximation + 1 != scan.approximation_before) return false;
  if (scan.approximation > 13) return false;
  if (scan.spectral_start == 0) return scan.spectral_end == 0;
  return scan.spectral_start <= scan.spectral_end && scan.spectral_end <= 63 &&
         scan.selectors.size() == 2;
}

// Each selector means the first component with that ID that is not yet in the scan: some encoders
// give all components the same ID.
bool JpegReader::choose_components(const Scan& scan) noexcept {
  unsigned chosen = 0;
  int blocks_per_mcu = 0;
  for (size_t i = 0; i < scan.selectors.size(); i += 2) {
    size_t found = 0;
    while (found < component_count_ &&
           (components_[found].id != scan.selectors[i] || (chosen >> found & 1) != 0)) {
      ++found;
    }
    if (found == component_count_) return fail("damaged: a scan of missing components");
    chosen |= 1u << found;
    const Component& component = components_[found];
    blocks_per_mcu += component.horizontal * component.vertical;
    if (!has_tables(component, scan.selectors[i + 1], scan)) return false;
  }
  if (scan.selectors.size() > 2 && blocks_per_mcu > kBlocksPerMcuMax) {
    return fail("damaged: an impossible scan");
  }
  if (scan.spectral_start == 0 && scan.approximation_before == 0) dc_components_ |= chosen;
  return true;
}

// Whether everything needed to decode the component is present.
bool JpegReader::has_tables(const Component& component, uint8_t tables, const Scan& scan) noexcept {
  // A progressive scan has either DC or AC, and refines DC without a table (G.1.2.1).
  const bool dc = !progressive_ || (scan.spectral_start == 0 && scan.approximation_before == 0);
  const bool ac = !progressive_ || scan.spectral_start != 0;
  if ((quantization_tables_ >> component.quantization & 1) == 0) {
    return fail("damaged: a table is missing");
  }
  return (!dc || has_huffman_table(tables >> 4u, false)) &&
         (!ac || has_huffman_table(tables & 15u, true));
}

// Annex K has two of each kind, which decoders use for missing ones.
bool JpegReader::has_huffman_table(unsigned number, bool is_ac) noexcept {
  if (number > 3) return fail("damaged: a table is missing");
  const unsigned place = is_ac ? 4 + number : number;
  if ((impossible_tables_ >> place & 1) != 0) return fail("damaged: Huffman tables");
  if ((huffman_tables_ >> place & 1) != 0) return true;
  if (progressive_ || number > 1) return fail("damaged: a table is missing");
  needs_standard_tables_ = true;
  return true;
}

// B.2.4.2: class and number, the number of codes of each length, and their values. A table with an
// invalid code does no harm unless it is used.
bool JpegReader::read_huffman_tables(std::span<const uint8_t> content) noexcept {
  while (!content.empty()) {
    if (content.size() < 17 || content[0] >> 4 > 1 || (content[0] & 15) > 3) return false;
    const bool is_ac = content[0] >> 4 == 1;
    const std::span<const uint8_t> lengths = content.subspan(1, 16);
    size_t values = 0;
    for (const uint8_t codes : lengths) values += codes;
    if (values > 256 || content.size() < 17 + values) return false;
    const auto place = static_cast<uint8_t>(1u << ((is_ac ? 4 : 0) + (content[0] & 15)));
    huffman_tables_ |= place;
    impossible_tables_ &= static_cast<uint8_t>(~place);
    if (values == 0 || !is_huffman_code(lengths, content.subspan(17, values), is_ac)) {
      impossible_tables_ |= place;
    }
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

void JpegReader::skip_scan() noexcept {
  const size_t end = find_scan_end(rest_);
  scan_ends_after(end + 1 < rest_.size() ? end : size_without_padding(rest_));
}

void JpegReader::scan_ends_after(size_t bytes) noexcept {
  scan_bytes_ += bytes;
  rest_ = rest_.subspan(bytes);
}

// A Huffman code has at least one bit, and every 8x8 block at least one for DC and, unless it is
// progressive, another for AC. A size that needs more than there is was damaged in transit, or is
// meant to exhaust the viewers' memory.
bool JpegReader::is_plausible() const noexcept {
  size_t block_count = 0;
  for (const Component& component : components()) {
    block_count += blocks(width_ * component.horizontal / horizontal_max_) *
                   blocks(height_ * component.vertical / vertical_max_);
  }
  return scan_bytes_ * 8 >= block_count * (progressive_ ? 1 : 2);
}

}  // namespace fanlight
