// SPDX-License-Identifier: Apache-2.0
#include "capture/source/source.h"

#include <fmt/core.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace fanlight {

void Source::set_control(const Control& control, int64_t) {
  throw std::system_error(ENOTSUP, std::system_category(), control.name);
}

Duration frame_interval(const SourceOptions& options, double default_fps) {
  const double fps = options.fps == 0 ? default_fps : options.fps;
  // Written so that NaN is refused too.
  if (!(fps >= 0.01 && fps <= 240)) {
    throw std::invalid_argument(fmt::format("{} pictures a second: not within 0.01..240", fps));
  }
  return from_seconds(1.0 / fps);
}

SourceFormat drawn_format(const SourceOptions& options, int default_width, int default_height,
                          double default_fps) {
  const bool chosen = options.width != 0 || options.height != 0;
  const int width = chosen ? options.width : default_width;
  const int height = chosen ? options.height : default_height;
  if (width < 160 || height < 120 || width > 7680 || height > 4320) {
    throw std::invalid_argument(
        fmt::format("size {}x{}: not within 160x120..7680x4320", width, height));
  }
  return {width, height, frame_interval(options, default_fps), 0};
}

}  // namespace fanlight
