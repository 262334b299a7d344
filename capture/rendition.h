// SPDX-License-Identifier: Apache-2.0
// Rendition: one camera's pictures at one quality, on their way into one frame ring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "capture/camera_clock.h"
#include "capture/jpeg_encoder.h"
#include "capture/picture.h"
#include "capture/source.h"
#include "core/frame_ring.h"

namespace fanlight {

// Bytes that a place of the ring must have for a source of this format: the encoder's worst case,
// or the largest JPEG that is passed through, and in any case a slate.
size_t jpeg_capacity_for(const SourceFormat& format);

// Owns: the encoder and the count of the camera's frames.
// Thread: the camera's.
// Invariants: the sequence number rises by one with every picture and slate, published or not, so
//   that what was dropped is a gap; the wall clock's time rises with every frame, even when the
//   clock is set back.
class Rendition {
 public:
  // Throws std::system_error when the encoder cannot be set up. `camera` is its name on slates.
  Rendition(FrameRing& ring, CameraClock& clock, int quality, std::string camera);

  enum class Outcome {
    published,
    no_place,  // slow viewers hold all of the ring
    broken,    // the source gave something that is not a whole JPEG, or it could not be encoded
    too_large  // the ring was not made for a picture of this size
  };

  // Encodes the picture into the ring, or copies it when it is a JPEG already.
  Outcome publish(const Picture& picture) noexcept;

  // Publishes a slate of the size of the last frame, or of the format before the first one.
  void publish_slate(std::string_view reason) noexcept;

  // The source was opened, maybe with another size.
  void set_format(const SourceFormat& format) noexcept;

  uint64_t next_sequence() const { return next_sequence_; }

 private:
  Outcome deliver(const Picture& picture, std::string_view slate_reason) noexcept;
  Outcome drop(Outcome why) noexcept;
  size_t write(const Picture& picture, std::span<std::byte> place) noexcept;

  FrameRing& ring_;
  CameraClock& clock_;
  const int quality_;
  const std::string camera_;
  JpegEncoder encoder_;
  int width_ = 0;  // of the last frame, pixels
  int height_ = 0;
  uint64_t next_sequence_ = 1;
  WallTime last_wall_{};
};

}  // namespace fanlight
