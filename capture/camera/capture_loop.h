// SPDX-License-Identifier: Apache-2.0
// CaptureLoop: the life of a camera. It publishes pictures while the source gives them, slates
// while it does not, and nothing while no one is watching.
//
//   capturing --source fails or is frozen--> retrying, with growing delay --opened--> capturing
//   retrying --a device appeared or disappeared--> retrying immediately
//   capturing or retrying --no one watched for `idle`--> idle --a watcher--> retrying immediately
//
// When no picture was published for the stall timeout, or the source has failed, a slate is
// published every second until there is a picture again. The last picture of a source that may be
// silent (Source::may_be_silent()) stays while it is silent, and for the stall timeout after it has
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
#include <vector>

#include "capture/camera/control_desk.h"
#include "capture/camera/rendition.h"
#include "capture/source/camera_clock.h"
#include "capture/source/camera_thread.h"
#include "capture/source/retry_delay.h"
#include "capture/source/source.h"
#include "core/frame_ring.h"
#include "core/time.h"

namespace fanlight {

class CameraPanel;
class DeviceWatch;

struct CaptureConfig {
  std::string name;  // on slates and in the log
  SourceOptions options;
  int quality = 80;  // 1..100, for pictures encoded here
  // Applied after every opening, in this order: some take effect only after others.
  std::vector<ControlSetting> controls{};
  // Reopens the source after it failed or was closed; throws as open_source() does.
  std::function<std::unique_ptr<Source>(const SourceOptions&)> open;
  Duration stall_timeout = 2s;   // never less than two frame intervals
  Duration frozen_timeout = 5s;  // a source silent for this long beyond it is reopened
  // Encode raw pictures even when there is no viewer. Without it the newest frame dates from the
  // last viewer; cameras of at most two pictures a second are always encoded.
  bool encode_unwatched = true;
  // Close the source when no one has watched for this long; less than a second counts as one.
  std::optional<Duration> idle{};
  Duration retry_min = 500ms;  // delay before the first retry; doubled with each, up to
  Duration retry_max = 10s;    // this one; both give or take a quarter
  // Reports when devices appear and disappear; nullptr: retries are driven by time alone.
  DeviceWatch* devices = nullptr;
  // Where the camera's state is published and control requests arrive; nullptr: none.
  CameraPanel* panel = nullptr;
};

// The part of the configuration that can be changed while the loop runs.
struct CaptureTuning {
  int quality = 80;  // 1..100, for pictures encoded here
  double fps = 0;    // as SourceOptions::fps
  Duration stall_timeout = 2s;
  std::optional<Duration> idle{};

  bool operator==(const CaptureTuning&) const = default;
};

// Owns: the source, the rendition, the camera's controls, the camera thread.
// Thread: main calls the constructor, start(), begin(), stop(), tune() and the destructor; run()
//   and everything else run on the camera thread.
// Invariants: the source is null exactly while waiting for a retry or for a watcher; nothing is
//   published after stop().
class CaptureLoop {
 public:
  // Takes a source that is already open, so that main knows at startup that it works and how large
  // the ring must be (jpeg_capacity_for()). Ring, clock, watch and panel must outlive the loop.
  // Throws std::system_error.
  CaptureLoop(CaptureConfig config, std::unique_ptr<Source> source, FrameRing& ring,
              CameraClock& clock, RenditionConfig rendition = {});
  // nullptr: to be opened when the loop begins; continue_from() must be called before.
  // A camera that could not be opened at startup: the loop waits for it.
  CaptureLoop(CaptureConfig config, const std::system_error& why_not, FrameRing& ring,
              CameraClock& clock, RenditionConfig rendition = {});
  CaptureLoop(const CaptureLoop&) = delete;
  CaptureLoop& operator=(const CaptureLoop&) = delete;

  // Creates the camera thread, which waits for begin(). Call once. Throws std::system_error when no
  // thread can be created.
  void start();

  // Lets the camera thread run.
  void begin() noexcept;

  // The camera goes on where an earlier process has ended, whose last frame had this number. Some
  // time may have passed since the constructor. Before begin(), and before the first picture.
  void continue_from(uint64_t sequence) noexcept;

  // Requests the clock's stop and joins the thread: immediately if the source is waiting on the
  // clock, else when its current system call returns. May be called twice.
  void stop() noexcept { thread_.stop(); }

  // The same, but waits at most `patience`: false when a driver still blocks the thread, which then
  // keeps running and needs this object.
  bool stop_within(Duration patience) noexcept { return thread_.stop_within(patience); }

  // Takes effect between two pictures. A new rate reopens the source; the viewers stay.
  void tune(const CaptureTuning& tuning) noexcept;

  // Publishes only each n-th picture from now on, to relieve the processor; n is at least 1. Any
  // thread.
  void keep_every(unsigned n) noexcept { keep_every_ = n; }

  // The camera thread's body: returns after a stop was requested. Public for tests without a
  // thread.
  void run() noexcept;

 private:
  void capture_step() noexcept;
  void retry_step() noexcept;
  void idle_step() noexcept;

  void take_tuning() noexcept;
  SourceOptions options_now() const;
  void opened(std::unique_ptr<Source> source);
  void close_source() noexcept;
  void deliver(const Picture& picture) noexcept;
  bool is_left_out(const Picture& picture) noexcept;
  void note_losses() noexcept;
  void postpone_slate() noexcept;
  void bear_silence() noexcept;
  void failed(std::string_view what, std::string_view slate) noexcept;
  void failed(const std::system_error& error) noexcept;
  void set_reason(std::string_view text, std::string_view rest = {}) noexcept;
  void set_too_large() noexcept;
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
  std::optional<CaptureTuning> tuning_;  // requested, not yet applied
  std::atomic<unsigned> keep_every_{1};
  unsigned left_out_ = 0;  // pictures, since the last one that was published
  std::atomic<bool> has_begun_{false};

  RetryDelay retry_delay_;
  Instant retry_at_{};   // when source_ is null: when to open it again
  Instant slate_at_{};   // when the next slate is due, unless a picture arrives first
  Instant frozen_at_{};  // when to reopen source_, unless it gives something before
  Instant last_watched_{};
  // The absence that has been logged: one line when it begins and one when it ends, however often
  // opening is retried in between.
  enum class Absence : uint8_t { none, waiting, lost };
  Absence told_ = Absence::none;
  bool was_open_ = false;     // at least once
  std::string slate_reason_;  // for the next slate
  std::string identity_;      // of the last device that was open
  SourceLosses losses_;       // of source_, as counted so far
  bool lost_ = false;         // a slate was shown after the last picture
  bool holds_ = false;        // the source has failed, and its last picture stays until slate_at_

  CameraThread thread_;
};

}  // namespace fanlight
