// SPDX-License-Identifier: Apache-2.0
// SimLadder: publishes smaller renditions of a simulated camera's frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/check.h"
#include "core/frame_ring.h"
#include "tests/core/test_picture.h"
#include "tests/sim/sim_backend.h"

namespace fanlight {

// Owns: the rings of the lower rungs. Thread: one; it acts when the clock calls it.
class SimLadder {
 public:
  // `bytes`: of the pictures of each lower rung, from the largest: 640x360, 320x180 and so on.
  SimLadder(SimBackend& backend, FrameRing& top, const FrameRingConfig& config,
            const std::vector<size_t>& bytes)
      : backend_(backend), top_(top) {
    for (const size_t size : bytes) {
      const int half = 1 << (rungs_.size() + 1);
      rungs_.push_back({size, 1280 / half, 720 / half, std::make_unique<FrameRing>(config)});
      rungs_.back().ring->stats().width.set(uint64_t(rungs_.back().width));
      rungs_.back().ring->stats().height.set(uint64_t(rungs_.back().height));
    }
    if (!rungs_.empty()) tick();
  }
  SimLadder(const SimLadder&) = delete;
  SimLadder& operator=(const SimLadder&) = delete;
  ~SimLadder() {
    if (!rungs_.empty()) backend_.clock().call_off(next_);
  }

  std::vector<FrameRing*> rings() {
    std::vector<FrameRing*> rings;
    for (Rung& rung : rungs_) rings.push_back(rung.ring.get());
    return rings;
  }
  // From now on it encodes nothing, as if it could not decode the pictures.
  void break_down() { is_broken_ = true; }
  // Frames that were published, of this lower rung.
  size_t published(size_t rung) const { return rungs_[rung].count; }

 private:
  struct Rung {
    size_t bytes;
    int width;
    int height;
    std::unique_ptr<FrameRing> ring;
    uint64_t published = 0;
    size_t count = 0;
  };

  void tick() {
    const FrameRef frame = top_.newer_than(0);
    for (Rung& rung : rungs_) {
      const bool is_watched = rung.ring->watchers() > 0 && !rung.ring->is_withheld();
      if (!is_watched) rung.ring->set_activity(CaptureActivity::idle);
      if (is_watched && frame && !is_broken_) publish(rung, *frame);
    }
    next_ = backend_.clock().after(kEncoding, [this] { tick(); });
  }

  void publish(Rung& rung, const Frame& frame) {
    if (frame.sequence() <= rung.published) return;
    const FrameRing::Acquired acquired = rung.ring->acquire();
    if (!acquired) return;
    write_test_picture(acquired.place.jpeg.first(rung.bytes), frame.sequence());
    FrameInfo info = frame.info();
    info.width = rung.width;
    info.height = rung.height;
    rung.ring->publish(acquired.place, rung.bytes, info);
    rung.ring->set_activity(CaptureActivity::live);
    rung.published = frame.sequence();
    ++rung.count;
  }

  static constexpr Duration kEncoding = 3ms;  // at most, behind rung 0

  SimBackend& backend_;
  FrameRing& top_;
  std::vector<Rung> rungs_;
  SimClock::Appointment next_{};
  bool is_broken_ = false;
};

}  // namespace fanlight
