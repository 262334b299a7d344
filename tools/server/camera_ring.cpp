// SPDX-License-Identifier: Apache-2.0
#include "tools/server/camera_ring.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <system_error>

#include "capture/camera/ladder.h"
#include "capture/camera/rendition.h"
#include "core/log.h"
#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

// Assumed for a camera that is not connected yet.
constexpr SourceFormat kUnknownFormat{1920, 1080, Duration::zero(), 0};
constexpr int kPictureSideMax = 65500;  // JPEG's

// The ring holds eight times as many frames, so two seconds of them: the sends of an overloaded
// processor take a good part of one second, and a shorter ring would have to close viewers.
size_t window_for(const SourceFormat& format) {
  if (format.interval <= Duration::zero()) return 8;
  const auto per_second = static_cast<size_t>(std::max<int64_t>(1s / format.interval, 1));
  return std::clamp<size_t>(std::bit_ceil(per_second / 4), 8, 32);
}

// Larger than any, if it is not known and need not be: a rung that turns out to be larger than the
// pictures shows them as they are.
PictureSize picture_size(SourceFormat format, const CameraOptions& camera) {
  if (format.width == 0 && !camera.ladder.is_automatic) return {kPictureSideMax, kPictureSideMax};
  if (format.width == 0) format = unknown_format(camera);
  const auto [width, height] = camera.orientation.size_of(format.width, format.height);
  return {width, height};
}

}  // namespace

FrameRingConfig ring_config(const SourceFormat& format, const Options& options,
                            BackendKind backend) {
  FrameRingConfig ring;
  ring.window = options.ring_slots != 0 ? options.ring_slots : window_for(format);
  ring.memory_limit = options.frame_memory;
  // epoll's zero copy is sendfile(2): memory that it queued must never be rewritten. Measured:
  // sendfile costs the same as send at 20 KB and a tenth more at 100 KB, so `auto` copies.
  ring.detach_pages = backend == BackendKind::epoll && options.zero_copy == ZeroCopyMode::on;
  return ring;
}

std::unique_ptr<FrameRing> make_ring(const SourceFormat& format, const CameraOptions& camera,
                                     const Options& options, BackendKind backend) {
  FrameRingConfig ring = ring_config(format, options, backend);
  const size_t least = jpeg_capacity_for(format, camera.orientation);
  const uint64_t per_place = kRingAddresses / (FrameRing::kPlacesPerWindow * ring.window);
  const auto room = static_cast<size_t>(std::min<uint64_t>(ring.memory_limit, per_place));
  try {
    ring.jpeg_capacity = std::max(least, room);
    return std::make_unique<FrameRing>(ring);
  } catch (const std::system_error&) {
    ring.jpeg_capacity = least;
    return std::make_unique<FrameRing>(ring);
  }
}

SourceFormat unknown_format(const CameraOptions& camera) {
  SourceFormat format = kUnknownFormat;
  if (int64_t{camera.width} * camera.height > int64_t{format.width} * format.height) {
    format.width = camera.width;
    format.height = camera.height;
  }
  if (camera.fps > 0) format.interval = from_seconds(1 / camera.fps);
  return format;
}

std::vector<RungOption> rungs_for(const SourceFormat& format, const CameraOptions& camera,
                                  const Options& options) {
  if (camera.ladder.is_off()) return {};
  const PictureSize picture = picture_size(format, camera);
  try {
    const auto rungs = rungs_of(camera.ladder, picture, camera.quality);
    if (rungs.empty()) {
      log_warning("{}: --ladder auto: pictures of {}x{} are too small for a rung of {} columns",
                  camera.name, picture.width, picture.height, kRungWidthMin);
    }
    return rungs;
  } catch (const std::invalid_argument& error) {
    throw StartError(options.blame_for_cameras,
                     fmt::format("--ladder: {}: {}", camera.name, error.what()));
  }
}

std::unique_ptr<FrameRing> make_rung_ring(PictureSize box, const SourceFormat& format,
                                          const CameraOptions& camera, const Options& options,
                                          BackendKind backend) {
  FrameRingConfig ring = ring_config(format, options, backend);
  ring.jpeg_capacity = rung_capacity({box.width, box.height});
  if (ring.jpeg_capacity > kRingAddresses / (FrameRing::kPlacesPerWindow * ring.window)) {
    throw StartError(options.blame_for_cameras,
                     fmt::format("--ladder: {}: a rung of {}x{} needs more than {} MB of address "
                                 "space; try a smaller --ring-slots",
                                 camera.name, box.width, box.height, kRingAddresses >> 20));
  }
  return std::make_unique<FrameRing>(ring);
}

}  // namespace fanlight
