// SPDX-License-Identifier: Apache-2.0
// SimCamera: publishes test pictures to a frame ring at virtual times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/frame_ring.h"
#include "core/history/frame_history.h"
#include "core/random.h"
#include "tests/sim/sim_backend.h"

namespace fanlight {

struct SimCameraScript {
  double fps = 30;
  double jitter = 0;        // each interval is off by up to this fraction
  size_t size_min = 1'000;  // bytes of a picture
  size_t size_max = 20'000;
  Duration encode_max{0};  // a frame is published up to this long after its capture, in order
  double drop = 0;         // chance that the camera loses a frame: a gap in the numbers
  double abandon = 0;      // chance that a place is spoilt and returned
  Duration lost_at = Duration::max();  // from the start: then slates follow, one a second
  Duration lost_for{0};
  std::string slate_reason = "camera lost: simulated";
  bool segments = false;          // divides pictures while updates are watched (test_segments.h)
  bool idles_unwatched = false;   // stops while no one is watching
  bool counts_unwatched = false;  // and its numbers continue, as for pictures that are not encoded
};

// Owns: places under encoding. Thread: one; it acts when the clock calls it.
class SimCamera {
 public:
  SimCamera(SimBackend& backend, FrameRing& ring, const SimCameraScript& script, uint64_t seed);
  SimCamera(const SimCamera&) = delete;
  SimCamera& operator=(const SimCamera&) = delete;
  ~SimCamera();

  // Each frame is recorded there, too. The ring is then watched, and so are updates.
  void record_in(FrameHistory& history);

  // Stops publishing.
  void stop();

  uint64_t last_sequence() const { return last_sequence_; }  // published
  // When the frame of this number was published; kNever if it was not.
  Instant published_at(uint64_t sequence) const;
  size_t published() const { return published_; }
  // The most places held when a frame was published.
  size_t most_pinned_places() const { return most_pinned_places_; }
  size_t most_kernel_bytes() const { return most_kernel_bytes_; }

 private:
  struct Job {
    FramePlace place;
    FrameInfo info;
    size_t size;
    bool divided;
    bool spoilt;
    bool done = false;
  };

  void tick();
  void capture(bool slate);
  void finish(uint64_t sequence);
  void publish_in_order();
  bool is_lost() const;

  SimBackend& backend_;
  FrameRing& ring_;
  FrameHistory* history_ = nullptr;
  const SimCameraScript script_;
  const Instant started_at_;
  Random random_;
  std::deque<Job> jobs_;  // in order of capture
  std::vector<SimClock::Appointment> plans_;
  std::vector<Instant> published_at_;  // by sequence number

  uint64_t sequence_ = 0;
  uint64_t last_sequence_ = 0;
  size_t published_ = 0;
  size_t most_pinned_places_ = 0;
  size_t most_kernel_bytes_ = 0;
  WallTime last_wall_{};
};

}  // namespace fanlight
