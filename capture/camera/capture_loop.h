// SPDX-License-Identifier: Apache-2.0
// CaptureLoop: the life of a camera: pictures while it gives them, a slate while it does not, and
// nothing at all while nobody watches.
//
//   capturing --source fails or is frozen--> retrying, with growing delay --opened--> capturing
//   retrying --a device came or went--> retrying, at once
//   capturing or retrying --nobody watched for `idle`--> idle --a watcher--> retrying, at once
//
// When no picture was published for the stall timeout, or the source has failed, a slate goes out
// every second until there is a picture again. The last picture of a source that may be silent
// (Source::may_be_silent()) stays while it is silent, and for the stall timeout after it has
// failed.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "capture/camera/control_desk.h"
#include "capture/camera/rendition.h"
#include "capture/source/camera_clock.h"
#include "capture/source/source.h"
#include "core/frame_ring.h"
#include "core/random.h"
#include "core/time.h"
#include "core/waker.h"

namespace fanlight {

class CameraPanel;
class DeviceWatch;

struct CaptureConfig {
  std::string name;  // the camera's, on slates and in the log
  SourceOptions options;
  int quality = 80;  // 1..100, of pictures that are encoded here
  // Set after every opening, in this order: some have an effect only after others.
  std::vector<ControlSetting> controls{};
  // Opens the source again after it failed or was closed; throws as open_source() does.
  std::function<std::unique_ptr<Source>(const SourceOptions&)> open;
  Duration stall_timeout = 2s;   // at least two frame intervals are waited in any case
  Duration frozen_timeout = 5s;  // a source silent for this long beyond it is opened again
  // Encode raw pictures that nobody sees. Without it the newest frame is as old as the last viewer;
  // cameras of two pictures a second and less are encoded in any case.
  bool encode_unwatched = true;
  // Close the source when nobody watched for this long; less than a second counts as one.
  std::optional<Duration> idle{};
  Duration retry_min = 500ms;  // delay before the first retry; doubled with each, up to
  Duration retry_max = 10s;    // this one; both give or take a quarter
  // Tells when devices come and go; nullptr: retries come by time alone.
  DeviceWatch* devices = nullptr;
  // What is told of the camera, and asked of it; nullptr: nothing.
  CameraPanel* panel = nullptr;
};

// What of it can be changed while the loop runs.
struct CaptureTuning {
  int quality = 80;  // 1..100, of pictures that are encoded here
  double fps = 0;    // as SourceOptions::fps
  Duration stall_timeout = 2s;
  std::optional<Duration> idle{};

  bool operator==(const CaptureTuning&) const = default;
};

// Owns: the source, the rendition, the camera's controls, the camera thread.
// Thread: constructor, start(), begin(), stop(), tune() and destructor are main's; run() and all
//   else the camera's.
// Invariants: the source is null exactly while it waits for a retry or for a watcher; after stop()
//   nothing is published any more.
class CaptureLoop {
 public:
  // Takes a source that is open already, so that main knows at start that it works and how large
  // the ring must be (jpeg_capacity_for()). Ring, clock, watch and panel must outlive the loop.
  // Throws std::system_error.
  CaptureLoop(CaptureConfig config, std::unique_ptr<Source> source, FrameRing& ring,
              CameraClock& clock, RenditionConfig rendition = {});
  // A camera that could not be opened at start: it is waited for.
  CaptureLoop(CaptureConfig config, const std::system_error& why_not, FrameRing& ring,
              CameraClock& clock, RenditionConfig rendition = {});
  CaptureLoop(const CaptureLoop&) = delete;
  CaptureLoop& operator=(const CaptureLoop&) = delete;
  ~CaptureLoop();

  // Makes the camera thread, which waits for begin(); once. Throws std::system_error when there can
  // be no thread.
  void start();

  // The camera thread runs from now on.
  void begin() noexcept;

  // Requests the clock's stop and waits for the thread's end: at once where the source waits by
  // the clock, else when the system call that it is in returns. May be called twice.
  void stop() noexcept;

  // The same, but waits for `patience` at most: false when a driver still has the thread, which
  // then goes on and needs this object.
  bool stop_within(Duration patience) noexcept;

  // Takes effect between two pictures. For another rate the source is opened again, while the
  // viewers stay.
  void tune(const CaptureTuning& tuning) noexcept;

  // What the camera thread does: returns after a stop was requested. For tests without a thread.
  void run() noexcept;

 private:
  void capture_step() noexcept;
  void retry_step() noexcept;
  void idle_step() noexcept;

  void take_tuning() noexcept;
  void opened(std::unique_ptr<Source> source) noexcept;
  void close_source() noexcept;
  void deliver(const Picture& picture) noexcept;
  void note_losses() noexcept;
  void postpone_slate() noexcept;
  void bear_silence() noexcept;
  void failed(std::string_view what, std::string_view slate) noexcept;
  void failed(const std::system_error& error) noexcept;
  void note_present() noexcept;
  void wait_for_retry() noexcept;
  bool is_seen() const noexcept;
  void show_slate_if_due() noexcept;
  void note_watchers() noexcept;

  Instant idle_at() const noexcept;
  Instant picture_due_by(Instant last) const noexcept;

  CaptureConfig config_;
  FrameRing& ring_;
  CameraClock& clock_;

  std::unique_ptr<Source> source_;
  Rendition rendition_;
  ControlDesk controls_;
  std::mutex tuning_lock_;
  std::optional<CaptureTuning> tuning_;  // asked for, and not taken yet
  std::atomic<bool> has_begun_{false};
  Waker ended_;  // by the thread, as its last act
  std::thread thread_;

  Random jitter_;
  Duration retry_delay_;
  Instant retry_at_{};   // when source_ is null: when to open it again
  Instant slate_at_{};   // when the next slate is due, unless a picture comes first
  Instant frozen_at_{};  // when source_ is to be opened again, unless it gives something before
  Instant last_watched_{};
  // What the log says of an absence: it has one line when it begins and one when it ends, however
  // often opening is tried meanwhile.
  enum class Absence : uint8_t { none, waiting, lost };
  Absence told_ = Absence::none;
  bool was_open_ = false;     // ever
  std::string slate_reason_;  // what it will say of the camera
  std::string identity_;      // of the device that was open last
  SourceLosses losses_;       // of source_, as far as they were counted
  bool lost_ = false;         // a slate was shown after the last picture
  bool holds_ = false;        // the source has failed, and its last picture stays until slate_at_
};

}  // namespace fanlight
