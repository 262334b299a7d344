// SPDX-License-Identifier: Apache-2.0
// Source: where a camera's pictures come from. "Adding a source" in CONTRIBUTING.md is the tour.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "capture/picture.h"
#include "core/time.h"

namespace fanlight {

// What the user asked for. A source that cannot give it gives the nearest that it can.
struct SourceOptions {
  int width = 0;     // pixels; 0: the source's own choice
  int height = 0;    // 0 exactly when width is
  double fps = 0;    // pictures per second; 0: the source's own choice
  int quality = 80;  // 1..100, of JPEGs that the source encodes itself
  // X-Sequence of the first picture, for sources that draw it in; not 1 after a reopening.
  uint64_t first_sequence = 1;
};

// What the source granted.
struct SourceFormat {
  int width = 0;  // pixels, of the first picture
  int height = 0;
  Duration interval{};        // nominal time between two pictures; 0: not known
  size_t jpeg_bytes_max = 0;  // largest JPEG that it will pass through; 0: its pictures are raw
};

// Owns: the device, the file or the drawing, and the memory of the newest picture.
// Thread: the constructor opens and may run in main's thread; all later calls and the destructor
//   are the camera thread's.
// Errors: constructors throw std::system_error when the device cannot be opened and
//   std::invalid_argument when the specification or an option makes no sense.
class Source {
 public:
  virtual ~Source() = default;

  virtual const SourceFormat& format() const = 0;

  // Waits for the next picture, by CameraClock::wait() only, so that a stop takes effect at once.
  // Nothing when `deadline` (or a stop) came first; the source then goes on as if not asked.
  // Throws std::system_error when the device is gone: this object is not asked again.
  virtual std::optional<Picture> next(Instant deadline) = 0;
};

// The time between two pictures at the rate asked for, or at `default_fps`. Throws
// std::invalid_argument outside 0.01..240 fps.
Duration frame_interval(const SourceOptions& options, double default_fps);

// The format of a source that draws its pictures and so can grant any: as asked for, or the
// defaults. Throws std::invalid_argument outside 160x120..7680x4320 and 0.01..240 fps.
SourceFormat drawn_format(const SourceOptions& options, int default_width, int default_height,
                          double default_fps);

}  // namespace fanlight
