// SPDX-License-Identifier: Apache-2.0
// Rendition: one camera's pictures at one quality, on their way into one frame ring. Each is
// encoded once, for any number of viewers. While somebody watches updates, each is also divided
// into segments, and compared with those before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/camera/encoder_pool.h"
#include "capture/camera/picture_writer.h"
#include "capture/change/change_detector.h"
#include "capture/change/exact_changes.h"
#include "capture/change/picture_cells.h"
#include "capture/picture/orientation.h"
#include "capture/picture/picture.h"
#include "capture/source/camera_clock.h"
#include "capture/source/source.h"
#include "core/frame_ring.h"
#include "core/rate_meter.h"

namespace fanlight {

class FrameHistory;
class Ladder;

struct RenditionConfig {
  Orientation orientation{};
  // Encoder threads besides the camera's, for sources that keep more than one picture; 0: none.
  size_t encoder_threads = 0;
  // Encodes in the camera thread as long as it works; null: TurboJPEG does.
  std::unique_ptr<Encoder> hardware_encoder{};
  Duration refresh = 4s;            // within which each segment is renewed (ChangeDetector)
  FrameHistory* history = nullptr;  // records each frame; nullptr: there is none
  // Is offered each picture; nullptr: there are no smaller renditions. Outlives the rendition.
  Ladder* ladder = nullptr;
};

// Numbers of other servers from this on are not taken over: JSON has them exactly up to here, and
// there must always be greater ones.
inline constexpr uint64_t kNumberMax = uint64_t{1} << 53;

// Bytes that a place of the ring needs for a source of this format: the encoder's worst case, or
// the largest JPEG that is passed through, repaired or rotated, and at least a slate. A rotated
// JPEG that still exceeds it is dropped and counted.
size_t jpeg_capacity_for(const SourceFormat& format, Orientation orientation = {});

// Owns: the encoders, their threads, and the count of the camera's frames.
// Thread: the camera's; its encoders publish under a lock of this class.
// Invariants: frames are published in the order of capture; the sequence number increases with
//   every picture and slate, published or not, by one unless the picture brings its own, so a
//   dropped one shows as a gap; the wall-clock time increases with every frame, even when the clock
//   is set back.
class Rendition {
 public:
  // Throws std::system_error when the encoder cannot be set up. `camera` is the name on slates.
  Rendition(FrameRing& ring, CameraClock& clock, int quality, std::string camera,
            RenditionConfig config = {});

  enum class Outcome {
    published,
    queued,     // an encoder thread has it, and the previous picture succeeded
    repeated,   // a sign of life, nothing to publish
    overtaken,  // slates were shown while it was on its way
    no_place,   // slow viewers hold the whole ring
    broken,     // the source's data is not a whole JPEG, or encoding failed
    too_large,  // the ring's places are too small for it
  };

  // Encodes the picture into the ring, or copies it if it is already a JPEG. If queued, its bytes
  // are read later: as long as the source keeps them (set_format()) or until settle(). `broken` and
  // `too_large` may then refer to an earlier picture, while this one proceeds. The first picture of
  // a source, one after a failure, and one after a passed-over one are never queued. Waits for an
  // encoder when all are busy, so that the camera's driver drops the excess pictures. A repeat
  // (Picture::is_repeat) is a sign of life for a picture that viewers have; if that picture could
  // not be shown, the repeat has its outcome, and is published if the only problem was a missing
  // place.
  // The frame's sequence is the picture's own number (Picture::number), so that it has the same at
  // every server of a tree of relays, if that is greater than any before and less than kNumberMax;
  // else the next one. A numbered picture that was on its way while slates were shown is dropped,
  // as late, if they have used up its number or are ahead of its time: it would have another number
  // or time than elsewhere. After a second of such pictures the server before this one has begun
  // again, and they are shown.
  Outcome publish(const Picture& picture) noexcept;

  // A picture that no one would see: it counts and uses up its number. The next one is not queued.
  void pass_over(const Picture& picture) noexcept;

  // Publishes a slate of the size of the last frame, or of the format before the first one, after
  // all pictures in flight.
  void publish_slate(std::string_view reason) noexcept;

  // Waits until no picture is in flight; call before the source is destroyed.
  void settle() noexcept;

  // The source was opened, possibly with another size. `pictures_kept` is Source::pictures_kept().
  void set_format(const SourceFormat& format, size_t pictures_kept = 1) noexcept;

  // 1..100, from the next picture on.
  void set_quality(int quality) noexcept;

  uint64_t next_sequence() const { return next_sequence_; }
  // The number of the first picture, which is not 1 where an earlier process has counted. Before
  // it.
  void number_from(uint64_t sequence) { next_sequence_ = sequence; }

 private:
  void note_captured(const Picture& picture) noexcept;
  void restart_rate() noexcept;
  uint64_t take_sequence(uint64_t number) noexcept;
  bool is_overtaken(const Picture& picture) noexcept;
  WallTime time_of_slate() const noexcept;
  Outcome deliver(const Picture& picture) noexcept;
  Outcome deliver_now(EncodeJob& job) noexcept;
  Outcome publish_again(const Picture& picture) noexcept;
  bool goes_well() noexcept;
  Outcome last_outcome() noexcept;
  Outcome deliver_later(const EncodeJob& job) noexcept;
  void write(PictureWriter& writer, EncodeJob& job) noexcept;
  void find_segments_of(EncodeJob& job) noexcept;
  Outcome finish(EncodeJob& job) noexcept;
  void offer_raw(const EncodeJob& job) noexcept;
  void compare(const EncodeJob& job) noexcept;
  size_t find_changes(const EncodeJob& job);
  void record(uint64_t sequence) noexcept;

  FrameRing& ring_;
  FrameHistory* const history_;
  CameraClock& clock_;
  const std::string camera_;
  const Orientation orientation_;
  Ladder* const ladder_;
  PictureWriter writer_;  // the camera thread's
  uint64_t next_sequence_ = 1;
  WallTime last_wall_{};      // of the last frame: when it was captured
  Instant last_at_{};         // the same on the monotonic clock
  bool slates_are_newest_ = false;
  std::optional<Instant> overtaken_until_;  // pictures are dropped that slates have overtaken
  RateMeter rate_;            // of pictures since the source was opened, or since the last slate
  size_t in_flight_max_ = 0;  // pictures still being read when publish() returns
  std::vector<PictureCells> cells_;  // of the pictures in flight, in turn
  size_t cells_next_ = 0;

  std::mutex lock_;  // guards the ring's writing side, and:
  int width_ = 0;    // of the last frame, pixels
  int height_ = 0;
  ChangeDetector changes_;
  ExactChanges exact_changes_;              // of pictures joined of updates
  Outcome last_outcome_ = Outcome::queued;  // of the source's last picture; queued: not yet known

  std::vector<std::unique_ptr<PictureWriter>> pool_writers_;  // one for each thread of the pool
  std::unique_ptr<EncoderPool> pool_;  // destroyed first: its threads use all of the above
};

}  // namespace fanlight
