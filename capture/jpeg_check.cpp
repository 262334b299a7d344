// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg_check.h"

#include "capture/jpeg_reader.h"

namespace fanlight {

JpegCheck check_jpeg(std::span<const std::byte> data) noexcept {
  JpegReader reader(data);
  bool good = reader.read_start();
  do {
    good = good && reader.read_segment();
    if (good && reader.is_scan()) good = reader.skip_scan();
  } while (good && !reader.is_end());
  if (!good) return {.problem = reader.problem()};
  return {.problem = {},
          .width = reader.width(),
          .height = reader.height(),
          .size = data.size() - reader.rest().size()};
}

}  // namespace fanlight
