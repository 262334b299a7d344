// SPDX-License-Identifier: Apache-2.0
// A camera for tests: a clock that jumps instead of waiting, a source that fails on command, and a
// record of the frames published. Everything runs in one thread, so the test is deterministic.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/source/camera_clock.h"
#include "capture/source/source.h"
#include "core/frame_ring.h"
#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {

// Starts at 1000 s; a wait advances it to the deadline or to the next event, whichever is first.
class FakeClock final : public CameraClock {
 public:
  static constexpr Instant kStart{1000s};

  Instant now() noexcept override { return now_; }
  WallTime wall_now() noexcept override;
  using CameraClock::wait;
  Wake wait(std::span<pollfd> waits, Instant deadline) noexcept override;
  void request_stop() noexcept override { stopped_ = true; }
  bool stop_requested() const noexcept override { return stopped_; }

  // Schedules an event at `after` from the start.
  void at(Duration after, std::function<void()> event) { events_.emplace(kStart + after, event); }
  void stop_at(Duration after) {
    at(after, [this] { request_stop(); });
  }
  void advance(Duration duration) { now_ += duration; }
  void step_wall(std::chrono::microseconds step) { wall_step_ += step; }
  // Called whenever the camera thread waits.
  void on_wait(std::function<void()> observer) { observer_ = std::move(observer); }
  double elapsed() const { return to_seconds(now_ - kStart); }

 private:
  Instant now_ = kStart;
  std::chrono::microseconds wall_step_{0};
  std::multimap<Instant, std::function<void()>> events_;
  std::function<void()> observer_;
  bool stopped_ = false;
};

enum class Mood { well, silent, gone, garbage, large, confused, raw, repeating, foreign_slate };

// The behaviour of all sources that are opened for one camera.
struct TestCamera {
  explicit TestCamera(FakeClock& fake_clock) : clock(fake_clock) {}

  std::unique_ptr<Source> open(const SourceOptions& options);

  FakeClock& clock;
  Mood mood = Mood::well;
  std::optional<int> open_error;  // errno
  Duration interval = 100ms;
  Bytes jpeg = make_jpeg(320, 240, 128);
  Bytes large_jpeg = make_jpeg(320, 240, 128, 0, 60000);
  std::string identity;  // of the device
  bool may_be_silent = false;
  SourceLosses losses;  // with each picture

  std::vector<double> opened;  // times of the attempts, in seconds after the start
  std::vector<double> closed;
  std::vector<uint64_t> first_sequences;
  std::vector<std::string> identities;  // that were searched for
  std::vector<double> patience;         // seconds
};

// Copies every frame that is published.
class Recorder {
 public:
  struct Shot {
    double at;  // seconds after the start
    FrameInfo info;
    std::string jpeg;
    std::string head;
  };
  Recorder(FakeClock& clock, FrameRing& ring) : clock_(clock), ring_(ring) {
    clock.on_wait([this] { look(); });
  }
  void look();

  std::vector<Shot> shots;

  std::vector<Shot> slates() const;
  std::vector<Shot> pictures() const;

 private:
  FakeClock& clock_;
  FrameRing& ring_;
  uint64_t last_ = 0;
};

// The number of lines in a captured log that contain `text`.
size_t lines_with(const std::string& log, const std::string& text);

}  // namespace fanlight
