// SPDX-License-Identifier: Apache-2.0
#include "capture/rendition.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "capture/jpeg_check.h"
#include "capture/slate.h"
#include "core/check.h"

namespace fanlight {

size_t jpeg_capacity_for(const SourceFormat& format) {
  const size_t encoded = JpegEncoder::worst_case(format.width, format.height);
  if (format.jpeg_bytes_max == 0) return std::max(encoded, JpegEncoder::worst_case(320, 240));
  // A slate of a camera that takes very large pictures is smaller than they are: their JPEGs need
  // far less than the encoder's worst case, and so shall the ring.
  const size_t slate =
      std::clamp(encoded, JpegEncoder::worst_case(320, 240), JpegEncoder::worst_case(1920, 1080));
  return std::max(slate, format.jpeg_bytes_max);
}

Rendition::Rendition(FrameRing& ring, CameraClock& clock, int quality, std::string camera)
    : ring_(ring), clock_(clock), quality_(quality), camera_(std::move(camera)) {
  CHECK(quality_ >= 1 && quality_ <= 100);
}

void Rendition::set_format(const SourceFormat& format) noexcept {
  width_ = format.width;
  height_ = format.height;
  ring_.stats().interval_ns.set(static_cast<uint64_t>(format.interval.count()));
}

Rendition::Outcome Rendition::publish(const Picture& picture) noexcept {
  ring_.stats().captured.add();
  return deliver(picture, {});
}

void Rendition::publish_slate(std::string_view reason) noexcept {
  CHECK(!reason.empty());
  const SlateSize size = slate_size(width_, height_, ring_.jpeg_capacity());
  const Canvas slate = draw_slate(size, camera_, reason);
  deliver({.jpeg = {},
           .raw = slate.view(),
           .width = size.width,
           .height = size.height,
           .captured_wall = clock_.wall_now(),
           .captured_at = clock_.now()},
          reason);
}

Rendition::Outcome Rendition::deliver(const Picture& picture,
                                      std::string_view slate_reason) noexcept {
  FrameInfo info{.sequence = next_sequence_++,
                 .captured_wall = std::max(picture.captured_wall, last_wall_ + 1us),
                 .captured_at = picture.captured_at,
                 .encoded_at = {},
                 .width = picture.width,
                 .height = picture.height,
                 .slate_reason = slate_reason};
  size_t needed = picture.jpeg.size();
  if (picture.is_jpeg()) {
    const JpegCheck check = check_jpeg(picture.jpeg);
    if (!check.ok()) return drop(Outcome::broken);
    info.width = check.width;
    info.height = check.height;
  } else {
    needed = JpegEncoder::worst_case(picture.width, picture.height);
  }
  if (needed > ring_.jpeg_capacity()) return drop(Outcome::too_large);

  const FrameRing::Acquired acquired = ring_.acquire();
  if (!acquired) return Outcome::no_place;  // counted by the ring
  const Instant begun = clock_.now();
  const size_t size = write(picture, acquired.place.jpeg);
  if (size == 0) {
    ring_.abandon(acquired.place);
    return drop(Outcome::broken);
  }
  info.encoded_at = clock_.now();
  ring_.stats().encode_time.record(info.encoded_at - begun);
  ring_.publish(acquired.place, size, info);
  last_wall_ = info.captured_wall;
  width_ = info.width;
  height_ = info.height;
  return Outcome::published;
}

Rendition::Outcome Rendition::drop(Outcome why) noexcept {
  ring_.stats().dropped_bad.add();
  return why;
}

// The JPEG's size, 0 when it could not be encoded.
size_t Rendition::write(const Picture& picture, std::span<std::byte> place) noexcept {
  if (!picture.is_jpeg()) {
    return encoder_.encode(picture.raw, picture.width, picture.height, quality_, place);
  }
  std::memcpy(place.data(), picture.jpeg.data(), picture.jpeg.size());
  return picture.jpeg.size();
}

}  // namespace fanlight
