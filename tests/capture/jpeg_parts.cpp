// SPDX-License-Identifier: Apache-2.0
#include "tests/capture/jpeg_parts.h"

#include <gtest/gtest.h>

#include "capture/turbojpeg_handle.h"
#include "core/random.h"

namespace fanlight {

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
