// SPDX-License-Identifier: Apache-2.0
#include "tools/server/camera_ring.h"

#include <algorithm>
#include <bit>
#include <system_error>

#include "capture/camera/rendition.h"

namespace fanlight {
namespace {

// The ring holds eight times as many frames, so two seconds of them: the sends of an overloaded
// processor take a good part of one second, and a shorter ring would have to close viewers.
size_t window_for(const SourceFormat& format) {
  if (format.interval <= Duration::zero()) return 8;
  const auto per_second = static_cast<size_t>(std::max<int64_t>(1s / format.interval, 1));
  return std::clamp<size_t>(std::bit_ceil(per_second / 4), 8, 32);
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

}  // namespace fanlight
