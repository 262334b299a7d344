// SPDX-License-Identifier: Apache-2.0
// JPEGs for tests: encoded, taken apart, and placed so that access one byte too far crashes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "capture/draw/canvas.h"
#include "capture/picture/picture.h"

namespace fanlight {

using Bytes = std::vector<std::byte>;

std::span<const std::byte> bytes_of(std::string_view text);

// A raw picture as a JPEG of quality 90.
Bytes encode_jpeg(const Canvas& canvas);

// A picture of one shade of grey. Its comment segment of `comment_bytes` bytes repeats `number`.
Bytes make_jpeg(int width, int height, int grey, uint64_t number = 0, size_t comment_bytes = 0);

// The number in the comment of make_jpeg(); nothing if any byte of the comment has changed.
std::optional<uint64_t> read_number(std::string_view jpeg);

// The brightness of a decoded picture.
struct Brightness {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;
  int at(int x, int y) const { return pixels[static_cast<size_t>(y * width + x)]; }
  double mean() const;
};

// Decodes with TurboJPEG; any warning yields 0x0 and a failed test.
Brightness decode(std::string_view jpeg);
Brightness decode(std::span<const std::byte> jpeg);

// The Y plane of a raw picture.
Brightness luma_of(const Picture& picture);

// The number in the strip of the pattern source; nothing if the picture has no such strip.
std::optional<uint32_t> read_strip(const Brightness& picture);

// Owns: `size` bytes that end at the start of an inaccessible page.
class GuardedBytes {
 public:
  explicit GuardedBytes(size_t size);
  explicit GuardedBytes(std::span<const std::byte> content);
  GuardedBytes(const GuardedBytes&) = delete;
  ~GuardedBytes();
  std::span<std::byte> span() const { return {start_, size_}; }

 private:
  void* mapping_ = nullptr;
  size_t mapped_ = 0;
  std::byte* start_ = nullptr;
  size_t size_;
};

}  // namespace fanlight
