// SPDX-License-Identifier: Apache-2.0
// An encoder for tests, in place of a hardware one.
#pragma once

#include <algorithm>
#include <vector>

#include "capture/jpeg/encoder.h"
#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {

// Encodes every picture as the same JPEG.
class TestEncoder final : public Encoder {
 public:
  explicit TestEncoder(std::vector<PixelFormat> formats) : formats_(std::move(formats)) {}

  std::string_view name() const override { return "test encoder"; }
  bool takes(const RawView& raw, int, int) const override {
    return std::find(formats_.begin(), formats_.end(), raw.format) != formats_.end();
  }
  size_t bytes_needed(const RawView&, int, int) const override { return jpeg.size(); }
  size_t encode(const RawView& raw, int, int, int, std::span<std::byte> out) noexcept override {
    if (failing) return 0;
    asked.push_back(raw.format);
    std::copy(jpeg.begin(), jpeg.end(), out.begin());
    return jpeg.size();
  }

  Bytes jpeg = make_jpeg(64, 48, 222);
  bool failing = false;
  std::vector<PixelFormat> asked{};

 private:
  const std::vector<PixelFormat> formats_;
};

}  // namespace fanlight
