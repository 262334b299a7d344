// SPDX-License-Identifier: Apache-2.0
#include "tests/capture/jpeg/jpeg_parts.h"

#include <gtest/gtest.h>

#include "capture/jpeg/turbojpeg_handle.h"
#include "core/random.h"

namespace fanlight {

std::vector<Bytes> head_of(const Bytes& jpeg) {
  std::vector<Bytes> segments;
  size_t at = 2;
  while (segments.empty() || segments.back()[1] != std::byte{0xda}) {
    const auto length =
        std::to_integer<size_t>(jpeg[at + 2]) << 8 | std::to_integer<size_t>(jpeg[at + 3]);
    const auto begin = jpeg.begin() + static_cast<ptrdiff_t>(at);
    segments.emplace_back(begin, begin + static_cast<ptrdiff_t>(length + 2));
    at += length + 2;
  }
  return segments;
}

size_t head_size(const Bytes& jpeg) {
  size_t size = 2;
  for (const Bytes& segment : head_of(jpeg)) size += segment.size();
  return size;
}

size_t offset_of(const Bytes& jpeg, uint8_t marker) {
  size_t offset = 2;
  for (const Bytes& segment : head_of(jpeg)) {
    if (segment[1] == std::byte{marker}) return offset;
    offset += segment.size();
  }
  ADD_FAILURE() << "no marker " << int{marker};
  return 0;
}

namespace {

template <typename Kept>
Bytes with_head(const Bytes& jpeg, const Kept& is_kept) {
  Bytes result = kSoi;
  for (const Bytes& segment : head_of(jpeg)) {
    if (is_kept(segment)) result = result + segment;
  }
  const auto head = static_cast<ptrdiff_t>(head_size(jpeg));
  return result + Bytes(jpeg.begin() + head, jpeg.end());
}

}  // namespace

Bytes without(const Bytes& jpeg, uint8_t marker) {
  return with_head(jpeg, [&](const Bytes& segment) { return segment[1] != std::byte{marker}; });
}

Bytes without_table(const Bytes& jpeg, int class_and_number) {
  return with_head(jpeg, [&](const Bytes& segment) {
    return segment[1] != std::byte{0xc4} || std::to_integer<int>(segment[4]) != class_and_number;
  });
}

Bytes progressive(const Bytes& baseline) {
  const TurboJpegHandle handle(tjInitTransform());
  unsigned char* out = nullptr;
  unsigned long size = 0;
  tjtransform transform{};
  transform.op = TJXOP_NONE;
  transform.options = TJXOPT_PROGRESSIVE;
  const auto* in = reinterpret_cast<const unsigned char*>(baseline.data());
  EXPECT_EQ(tjTransform(handle.get(), in, baseline.size(), 1, &out, &size, &transform, 0), 0);
  const TurboJpegBuffer buffer(out);
  const auto* bytes = reinterpret_cast<const std::byte*>(out);
  return {bytes, bytes + size};
}

Bytes noise_jpeg(int width, int height, uint64_t seed) {
  Canvas canvas(width, height);
  Random random(seed);
  for (int y = 0; y < height; y += 2) {
    for (int x = 0; x < width; x += 2) {
      const auto grey = static_cast<int>(random.below(256));
      canvas.fill_rect({x, y, 2, 2}, rgb(grey, grey, grey));
    }
  }
  return encode_jpeg(canvas);
}

}  // namespace fanlight
