// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg_check.h"

#include <cstdint>
#include <cstring>

namespace fanlight {
namespace {

// Markers, ITU-T T.81 table B.1.
enum Marker : uint8_t {
  kTem = 0x01,
  kSof0 = 0xc0,  // baseline
  kSof1 = 0xc1,  // extended sequential
  kSof2 = 0xc2,  // progressive
  kDht = 0xc4,
  kDac = 0xcc,
  kSof15 = 0xcf,
  kRst0 = 0xd0,
  kRst7 = 0xd7,
  kSoi = 0xd8,
  kEoi = 0xd9,
  kSos = 0xda,
};

bool is_restart(uint8_t marker) {
  return marker >= kRst0 && marker <= kRst7;
}

// SOF0..SOF15 share their range with DHT and DAC.
bool is_frame_header(uint8_t marker) {
  return marker >= kSof0 && marker <= kSof15 && marker != kDht && marker != kDac;
}

class Walk {
 public:
  explicit Walk(std::span<const std::byte> data)
      : at_(reinterpret_cast<const uint8_t*>(data.data())), begin_(at_), end_(at_ + data.size()) {}

  JpegCheck run() {
    if (left() < 2 || at_[0] != 0xff || at_[1] != kSoi) return {"not a JPEG"};
    at_ += 2;
    for (;;) {
      uint8_t marker = 0;
      if (!next_marker(marker)) return {problem_};
      if (marker == kEoi) {
        if (!scanned_) return {"no picture data before its end"};
        check_.size = static_cast<size_t>(at_ - begin_);
        return check_;
      }
      if (!segment(marker)) return {problem_};
    }
  }

 private:
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  bool fail(std::string_view problem) {
    problem_ = problem;
    return false;
  }

  // A marker is 0xff, possibly repeated as padding, and a code that is neither 0 nor 0xff
  // (B.1.1.2).
  bool next_marker(uint8_t& marker) {
    if (left() == 0) return fail("cut off");
    if (*at_ != 0xff) return fail("damaged: no marker where one must be");
    while (left() > 0 && *at_ == 0xff) ++at_;
    if (left() == 0) return fail("cut off");
    marker = *at_++;
    if (marker == 0 || marker == kTem || marker == kSoi || is_restart(marker)) {
      return fail("damaged: a marker where it must not be");
    }
    return true;
  }

  // A marker segment: its length counts itself (B.1.1.4).
  bool segment(uint8_t marker) {
    if (left() < 2) return fail("cut off");
    const auto length = static_cast<size_t>(number(0));
    if (length < 2) return fail("damaged: a segment without a length");
    if (length > left()) return fail("cut off");
    if (is_frame_header(marker) && !frame_header(marker, length)) return false;
    at_ += length;
    if (marker != kSos) return true;
    if (check_.width == 0) return fail("damaged: picture data before the size");
    scanned_ = true;
    return skip_scan();
  }

  // B.2.2: length, precision, lines, samples per line, components.
  bool frame_header(uint8_t marker, size_t length) {
    if (marker > kSof2) return fail("a coding that browsers do not show");
    if (length < 8) return fail("damaged: frame header too short");
    if (check_.width != 0) return fail("damaged: two frame headers");
    check_.height = number(3);
    check_.width = number(5);
    if (check_.width == 0 || check_.height == 0) return fail("it does not tell its size");
    return true;
  }

  // Entropy-coded data ends at a marker that is neither a stuffed zero nor a restart (B.1.1.5).
  bool skip_scan() {
    while (left() >= 2) {
      const void* found = std::memchr(at_, 0xff, left() - 1);
      if (found == nullptr) break;
      at_ = static_cast<const uint8_t*>(found);
      if (at_[1] == 0xff) {
        ++at_;  // padding before a marker
      } else if (at_[1] == 0 || is_restart(at_[1])) {
        at_ += 2;
      } else {
        return true;
      }
    }
    return fail("cut off");
  }

  int number(size_t offset) const { return at_[offset] << 8 | at_[offset + 1]; }

  const uint8_t* at_;
  const uint8_t* begin_;
  const uint8_t* end_;
  JpegCheck check_;
  std::string_view problem_;
  bool scanned_ = false;
};

}  // namespace

JpegCheck check_jpeg(std::span<const std::byte> data) noexcept {
  return Walk(data).run();
}

}  // namespace fanlight
