// SPDX-License-Identifier: Apache-2.0
// Rendition: one camera's pictures at one quality, on their way into one frame ring. Each is
// encoded once, whoever watches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "capture/camera/encoder_pool.h"
#include "capture/camera/picture_writer.h"
#include "capture/picture/orientation.h"
#include "capture/picture/picture.h"
#include "capture/source/camera_clock.h"
#include "capture/source/source.h"
#include "core/frame_ring.h"
#include "core/rate_meter.h"

namespace fanlight {

struct RenditionConfig {
  Orientation orientation{};
  // Threads that encode beside the camera's, for sources that keep more than one picture; 0: none.
  size_t encoder_threads = 0;
  // Encodes in the camera thread for as long as it works; null: TurboJPEG does.
  std::unique_ptr<Encoder> hardware_encoder{};
};

// Bytes that a place of the ring must have for a source of this format: the encoder's worst case,
// or the largest JPEG that is passed through, repaired or turned, and in any case a slate. A
// turned JPEG that is larger all the same is dropped and counted.
size_t jpeg_capacity_for(const SourceFormat& format, Orientation orientation = {});

// Owns: the encoders, their threads, and the count of the camera's frames.
// Thread: the camera's; its encoders publish under a lock of this class.
// Invariants: frames are published in the order of capture; the sequence number rises by one with
//   every picture and slate, published or not, so that what was dropped is a gap; the wall clock's
//   time rises with every frame, even when the clock is set back.
class Rendition {
 public:
  // Throws std::system_error when the encoder cannot be set up. `camera` is its name on slates.
  Rendition(FrameRing& ring, CameraClock& clock, int quality, std::string camera,
            RenditionConfig config = {});

  enum class Outcome {
    published,
    queued,     // an encoder thread has it, and the one before it went well
    repeated,   // a sign of life, of which there is nothing to publish
    no_place,   // slow viewers hold all of the ring
    broken,     // what the source gave is not a whole JPEG, or it could not be encoded
    too_large,  // the ring was not made for a picture of this size
  };

  // Encodes the picture into the ring, or copies it when it is a JPEG already. When it is queued,
  // its bytes are read until later: as long as the source keeps them (set_format()) or until
  // settle(). `broken` and `too_large` may then tell of a picture before this one, which goes its
  // way. The first of a source, one behind a failure, and one behind one that was passed over, is
  // never queued. Waits for an encoder when all of them are busy, so that the camera's driver drops
  // the pictures that are too many. A repeat (Picture::is_repeat) is a sign of life of a picture
  // that viewers have; of one that they could not be shown it has that one's outcome, and it is
  // published when there was only no place.
  Outcome publish(const Picture& picture) noexcept;

  // A picture that nobody would see: it counts, and its number is used up. The next one is not
  // queued.
  void pass_over(const Picture& picture) noexcept;

  // Publishes a slate of the size of the last frame, or of the format before the first one, behind
  // all pictures in flight.
  void publish_slate(std::string_view reason) noexcept;

  // Waits until no picture is in flight: before the source is destroyed.
  void settle() noexcept;

  // The source was opened, maybe with another size. `pictures_kept` is Source::pictures_kept().
  void set_format(const SourceFormat& format, size_t pictures_kept = 1) noexcept;

  // 1..100, of the pictures from the next one on.
  void set_quality(int quality) noexcept;

  uint64_t next_sequence() const { return next_sequence_; }

 private:
  void note_captured(const Picture& picture) noexcept;
  void restart_rate() noexcept;
  Outcome deliver(const Picture& picture) noexcept;
  Outcome deliver_now(EncodeJob& job) noexcept;
  Outcome publish_again(const Picture& picture) noexcept;
  bool goes_well() noexcept;
  Outcome last_outcome() noexcept;
  Outcome deliver_later(const EncodeJob& job) noexcept;
  void write(PictureWriter& writer, EncodeJob& job) noexcept;
  Outcome finish(EncodeJob& job) noexcept;

  FrameRing& ring_;
  CameraClock& clock_;
  const std::string camera_;
  const Orientation orientation_;
  PictureWriter writer_;  // the camera thread's
  uint64_t next_sequence_ = 1;
  WallTime last_wall_{};
  RateMeter rate_;            // of the pictures since the source was opened, or the last slate
  size_t in_flight_max_ = 0;  // pictures that may still be read when publish() returns

  std::mutex lock_;  // of the ring's writing side, and of these:
  int width_ = 0;    // of the last frame, pixels
  int height_ = 0;
  Outcome last_outcome_ = Outcome::queued;  // of the source's last picture; not known yet

  std::vector<std::unique_ptr<PictureWriter>> pool_writers_;  // one for each thread of the pool
  std::unique_ptr<EncoderPool> pool_;  // goes first: its threads use all of the above
};

}  // namespace fanlight
