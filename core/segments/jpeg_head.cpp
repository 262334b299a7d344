// SPDX-License-Identifier: Apache-2.0
#include "core/segments/jpeg_head.h"

#include <algorithm>

#include "core/segments/jpeg_marker.h"

namespace fanlight {
namespace {

constexpr int kBlock = 8;  // pixels on a side

int byte_at(std::string_view text, size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// 16 bits, most significant first (B.1.1.1).
int number_at(std::string_view text, size_t at) {
  return byte_at(text, at) << 8 | byte_at(text, at + 1);
}

int divided_up(int value, int by) {
  return (value + by - 1) / by;
}

bool is_factor(int value) {
  return value >= 1 && value <= 4;
}

// Parts that decoding needs, but that do not decide how the scan is divided.
bool is_for_decoding(int marker) {
  return marker == jpeg_marker::kDht || marker == jpeg_marker::kDqt ||
         marker == jpeg_marker::kApp0 ||  // JFIF
         marker == jpeg_marker::kApp14;   // Adobe: the colour space
}

bool is_metadata(int marker) {
  return marker == jpeg_marker::kDac || marker == jpeg_marker::kCom ||
         (marker >= jpeg_marker::kApp0 && marker <= jpeg_marker::kApp15);
}

// Thread: one. Use: read() each part in turn, until one of them is SOS.
class HeadReader {
 public:
  explicit HeadReader(std::string_view jpeg) : jpeg_(jpeg) {}

  bool read_start() {
    return jpeg_.size() >= 2 && byte_at(jpeg_, 0) == 0xff && byte_at(jpeg_, 1) == jpeg_marker::kSoi;
  }

  // False if this is not the head of a sequential JPEG.
  bool read_part() {
    if (jpeg_.size() - head.size < 4 || byte_at(jpeg_, head.size) != 0xff) return false;
    marker_ = byte_at(jpeg_, head.size + 1);
    const auto length = static_cast<size_t>(number_at(jpeg_, head.size + 2));
    if (length < 2 || length > jpeg_.size() - head.size - 2) return false;
    const std::string_view content = jpeg_.substr(head.size + 4, length - 2);
    head.size += 2 + length;
    switch (marker_) {
      case jpeg_marker::kSof0:
      case jpeg_marker::kSof1:
        return components_ == 0 && read_frame_header(content);
      case jpeg_marker::kDri:
        if (content.size() != 2) return false;
        head.interval = number_at(content, 0);
        return true;
      case jpeg_marker::kSos:
        return components_ > 0 && content.size() == 4 + 2 * components_ &&
               byte_at(content, 0) == static_cast<int>(components_);
      default:
        if (is_for_decoding(marker_)) return true;
        head.has_metadata = true;
        return is_metadata(marker_);
    }
  }

  bool is_end() const { return marker_ == jpeg_marker::kSos; }

  JpegHead head{.size = 2};

 private:
  // B.2.2: precision, height, width, components.
  bool read_frame_header(std::string_view content) {
    if (content.size() < 6) return false;
    components_ = static_cast<size_t>(byte_at(content, 5));
    if (components_ < 1 || components_ > 4 || content.size() != 6 + 3 * components_) return false;
    head.dimensions = static_cast<size_t>(content.data() - jpeg_.data()) + 1;
    head.height = number_at(content, 1);
    head.width = number_at(content, 3);
    int horizontal = 1;
    int vertical = 1;
    for (size_t i = 0; i < components_; ++i) {
      const int factors = byte_at(content, 7 + 3 * i);
      if (!is_factor(factors >> 4) || !is_factor(factors & 15)) return false;
      horizontal = std::max(horizontal, factors >> 4);
      vertical = std::max(vertical, factors & 15);
    }
    // The only component of a scan is not interleaved, whatever its factors are (A.2.2).
    head.mcu_width = components_ == 1 ? kBlock : horizontal * kBlock;
    head.mcu_height = components_ == 1 ? kBlock : vertical * kBlock;
    return head.width > 0 && head.height > 0;
  }

  const std::string_view jpeg_;
  int marker_ = 0;
  size_t components_ = 0;
};

}  // namespace

std::optional<JpegHead> read_jpeg_head(std::string_view jpeg) noexcept {
  HeadReader reader(jpeg);
  if (!reader.read_start()) return std::nullopt;
  while (!reader.is_end()) {
    if (!reader.read_part()) return std::nullopt;
  }
  return reader.head;
}

std::optional<SegmentGrid> divide(const JpegHead& head) noexcept {
  if (head.interval == 0) return std::nullopt;
  const int across = divided_up(head.width, head.mcu_width);
  if (across % head.interval != 0) return std::nullopt;
  const SegmentGrid grid{.width = head.interval * head.mcu_width,
                         .height = head.mcu_height,
                         .columns = across / head.interval,
                         .rows = divided_up(head.height, head.mcu_height)};
  if (grid.count() > kSegmentsMax) return std::nullopt;
  return grid;
}

}  // namespace fanlight
