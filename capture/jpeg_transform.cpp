// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg_transform.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "capture/jpeg_check.h"
#include "core/check.h"

namespace fanlight {
namespace {

// First turned, then mirrored left to right.
int operation_for(Orientation orientation) {
  switch (orientation.rotate) {
    case 90:
      return orientation.mirror ? TJXOP_TRANSPOSE : TJXOP_ROT90;
    case 180:
      return orientation.mirror ? TJXOP_VFLIP : TJXOP_ROT180;
    case 270:
      return orientation.mirror ? TJXOP_TRANSVERSE : TJXOP_ROT270;
    default:
      CHECK(orientation.rotate == 0);
      return orientation.mirror ? TJXOP_HFLIP : TJXOP_NONE;
  }
}

}  // namespace

JpegTransformer::JpegTransformer() : transformer_(tjInitTransform()) {
  if (!transformer_) throw std::system_error(ENOMEM, std::system_category(), "tjInitTransform");
}

WrittenJpeg JpegTransformer::transform(std::span<const std::byte> data, Orientation orientation,
                                       std::span<std::byte> out) noexcept {
  const JpegCheck before = check_jpeg(data);
  if (!before.ok()) return {.problem = before.problem};

  tjtransform how{};
  how.op = operation_for(orientation);
  how.options = TJXOPT_TRIM | TJXOPT_COPYNONE;
  if (buffer_) *buffer_ = 0;  // so that what was there before is no JPEG any more
  // The buffer is handed over and taken back, because another one may take its place.
  unsigned char* buffer = buffer_.release();
  unsigned long size = buffer_size_;
  const int failed =
      tjTransform(transformer_.get(), reinterpret_cast<const unsigned char*>(data.data()),
                  before.size, 1, &buffer, &size, &how, TJFLAG_LIMITSCANS);
  buffer_.reset(buffer);
  // Damaged pixels are a warning; they pass here as they do where nothing is turned. So is an error
  // that came after a warning, but then there is no whole JPEG.
  if (failed != 0 && tjGetErrorCode(transformer_.get()) != TJERR_WARNING) size = 0;
  if (size == 0) {
    buffer_.reset();
    buffer_size_ = 0;
    return {.problem = "cannot be turned"};
  }
  buffer_size_ = std::max(buffer_size_, size);
  if (size > out.size()) return too_large_for_its_place();
  std::memcpy(out.data(), buffer, size);

  const JpegCheck after = check_jpeg(out.first(size));
  if (!after.ok()) return {.problem = after.problem};
  return {.problem = {},
          .too_large = false,
          .width = after.width,
          .height = after.height,
          .size = after.size};
}

}  // namespace fanlight
