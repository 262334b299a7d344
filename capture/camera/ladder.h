// SPDX-License-Identifier: Apache-2.0
// Ladder: smaller renditions of a camera's pictures, for viewers on thin lines. Each is a rung with
// a frame ring of its own. Rung 0 is the camera's own ring, which Rendition fills.
//
// A picture reaches the lower rungs in one of two ways. A raw one is scaled down from its planes
// while the source keeps it, and encoded by the ladder's thread, at the same time as rung 0. Of a
// JPEG the thread takes the frame from rung 0's ring, like any other reader, and decodes it in a
// smaller size. Each rung is scaled from the one above. All rungs of a picture have its number and
// its times.
//
// What it costs while a lower rung is watched: the thread's time, counted for each rung
// (CaptureStats::encode_time); of a raw picture also the time to scale it once, which the camera's
// thread spends. A thread that is behind takes the newest picture; the others are dropped and
// counted. While no lower rung is watched, it sleeps.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "capture/jpeg/jpeg_encoder.h"
#include "capture/jpeg/picture_scaler.h"
#include "capture/picture/orientation.h"
#include "capture/picture/picture.h"
#include "capture/picture/planar_picture.h"
#include "capture/picture/raw_rotate.h"
#include "capture/picture/raw_scale.h"
#include "capture/source/camera_clock.h"
#include "core/frame_ring.h"
#include "core/time.h"

namespace fanlight {

// A lower rung.
struct RungTarget {
  FrameRing* ring = nullptr;
  PictureExtent box{};  // pictures are scaled to fit into it; those that do are not scaled
  int quality = 80;     // 1..100
};

// Bytes that a place of such a rung's ring needs: the encoder's worst case, or a slate's.
size_t rung_capacity(PictureExtent box);

// Which lower rungs are withheld, to relieve the processor.
enum class RungRelief : uint8_t {
  none,
  few,  // those that fewer than kRungWatchersFew watch, and those withheld already
  all,
};

// Owns: its thread; an encoder, two scalers; three pictures between the camera's thread and its
//   own, and one for each rung.
// Thread: main's constructs, starts, destroys and calls set_relief(); the camera's calls offer()
//   and set_format(); its encoders, one at a time, offer_frame(); serve() is the ladder's own, or a
//   test's without a thread.
// Invariants: numbers rise in each rung; nothing is encoded for a rung that nobody watches.
class Ladder {
 public:
  static constexpr size_t kLowerRungsMax = 5;
  static constexpr uint32_t kRungWatchersFew = 3;

  // `top`: rung 0's ring. `rungs`: the others, from the largest to the smallest; at least one, at
  // most kLowerRungsMax. All rings outlive the ladder. `orientation`: of raw pictures. `camera` is
  // the name on slates. Throws std::system_error.
  Ladder(FrameRing& top, const std::vector<RungTarget>& rungs, std::string camera,
         Orientation orientation = {});
  Ladder(const Ladder&) = delete;
  Ladder& operator=(const Ladder&) = delete;
  ~Ladder();

  // Creates the thread. Call once. Throws std::system_error when no thread can be created.
  void start();

  // The size of the pictures to come, as viewers see them; 0x0: not known.
  void set_format(PictureExtent shown) noexcept;

  // A raw picture, and what is known of it. It is scaled before the return, if a lower rung is
  // watched.
  void offer(const Picture& picture, const FrameInfo& info) noexcept;

  // Rung 0 has a newer frame, of a JPEG or a slate.
  void offer_frame() noexcept;

  // Takes effect with the next picture.
  void set_relief(RungRelief relief) noexcept { relief_ = relief; }

  // Encodes what has been offered, for the rungs that are watched.
  void serve() noexcept;

 private:
  struct Rung {
    FrameRing& ring;
    const PictureExtent box;
    const int quality;
    PlanarPicture picture{};
    uint64_t published = 0;  // the number of its newest frame
  };
  // A raw picture on its way to the thread, before its rotation.
  struct Scaled {
    PlanarPicture picture;
    PictureExtent shown;  // the whole picture, after its rotation
    FrameInfo info;
    Duration took{};
  };
  // What rungs are made of: upright, in the size of the largest one that needs it or larger.
  struct Base {
    RawView raw;
    PictureExtent size;
  };

  void run() noexcept;
  Rung* largest_watched() noexcept;
  Rung* largest_behind(uint64_t sequence) noexcept;
  bool is_behind(const Rung& rung, uint64_t sequence) const noexcept;
  PictureExtent turned(PictureExtent size) const;
  bool scale(const Picture& picture, Scaled& to);
  void note_late() noexcept;
  bool note_demand() noexcept;
  void publish_scaled();
  void publish_frame(const Frame& frame, const PictureExtent& box);
  void publish_slate(const FrameInfo& info);
  Base upright(PlanarPicture& picture, Orientation orientation);
  void publish_all(Base base, PictureExtent shown, FrameInfo info, Instant begun);
  void publish(Rung& rung, const Base& base, FrameInfo info, Instant begun) noexcept;
  void note_bad(uint64_t sequence) noexcept;

  FrameRing& top_;
  const std::string camera_;
  const Orientation orientation_;
  SystemCameraClock clock_;
  std::vector<Rung> rungs_;
  std::atomic<RungRelief> relief_{RungRelief::none};

  PictureScaler shrinker_;           // the camera thread's, and
  std::unique_ptr<Scaled> filling_;  // what it writes

  std::mutex lock_;                  // guards
  std::unique_ptr<Scaled> waiting_;  // the newest complete one,
  bool has_waiting_ = false;         // whether it is to be taken,
  bool has_frame_ = false;           // and whether rung 0's newest frame is

  std::unique_ptr<Scaled> taken_;  // the ladder thread's, as everything below
  JpegEncoder encoder_;
  PictureScaler scaler_;
  RawRotator rotator_;
  PlanarPicture decoded_;
  std::thread thread_;
};

}  // namespace fanlight
