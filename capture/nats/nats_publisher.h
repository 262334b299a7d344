// SPDX-License-Identifier: Apache-2.0
// NatsPublisher: publishes a camera's frames on a NATS server (docs/nats.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "capture/nats/frame_header.h"
#include "capture/nats/nats_link.h"
#include "capture/source/camera_clock.h"
#include "capture/source/camera_thread.h"
#include "capture/source/retry_delay.h"
#include "core/camera_panel.h"
#include "core/frame_ring.h"
#include "core/log.h"
#include "core/segments/update_plan.h"
#include "core/time.h"
#include "core/waker.h"

namespace fanlight {

struct NatsPublisherConfig {
  std::string camera;  // for the log
  std::string shown;   // the URL without secrets
  NatsLogin login;
  Duration retry_min = 500ms;  // delay before the first retry; doubled with each, up to
  Duration retry_max = 10s;    // this one; both give or take a quarter
};

// Owns: the connection, its thread, a place among the ring's readers.
// Thread: main's calls the constructor, before other threads use the ring, start(), and stop();
//   run() is the thread's.
// Invariants: newest wins: at most one frame is on its way to the server (whole, as an update, or
//   both), the next one is the newest when that is sent, and what came in between is dropped and
//   counted; nothing that was begun on one connection is continued on another. The camera counts as
//   watched while there is a connection. An update's base is the frame that was published before
//   it, and each connection begins with a whole frame.
class NatsPublisher {
 public:
  // A frame is published whole, again if need be, when there has been no whole one for this long: a
  // sign of life, and a picture for subscribers that have come since, or have missed an update.
  static constexpr Duration kRepeatAfter = 1900ms;

  // All must outlive it. Throws std::system_error when there is no descriptor left.
  NatsPublisher(NatsPublisherConfig config, FrameRing& ring, const CameraPanel& panel,
                CameraClock& clock, NatsConnect connect);
  NatsPublisher(const NatsPublisher&) = delete;
  NatsPublisher& operator=(const NatsPublisher&) = delete;

  // Throws std::system_error when no thread can be created.
  void start() {
    thread_.start("publisher", [this] { run(); });
  }
  // False if the thread still waits for the server after `patience`; it then needs this object.
  bool stop_within(Duration patience) noexcept { return thread_.stop_within(patience); }

  // The thread's body: returns after a stop was requested of the clock. Public for tests without a
  // thread.
  void run() noexcept;

 private:
  void serve();
  void announce_if_due(NatsLink& link);
  void send_news(NatsLink& link);
  void publish(NatsLink& link, const Frame& frame, bool whole_is_due);
  // Into `update_`. Returns the bytes of its text; 0 if the frame must be sent whole.
  size_t make_update(const Frame& frame);
  // `text`: bytes of the text of an update; 0: the payload is the whole frame.
  void send(NatsLink& link, const Frame& frame, std::span<const char> payload, size_t text);
  void note_drops(const Frame& frame);
  void failed(std::string_view what) noexcept;

  const NatsPublisherConfig config_;
  FrameRing& ring_;
  const CameraPanel& panel_;
  CameraClock& clock_;
  const NatsConnect connect_;
  const std::string publisher_;
  Waker frames_;
  CaptureStats& stats_;  // the ring's
  RetryDelay retry_delay_;

  uint64_t number_ = 0;    // of the last message
  uint64_t seen_ = 0;      // of the last frame that was published, or needed not be
  uint64_t pictures_ = 0;  // Frame::pictures() of that
  uint64_t base_ = 0;      // the frame that was published before on this connection; 0: none
  Instant whole_at_{};     // when a whole frame is to be published
  Instant announce_at_{};  // when the camera is to be announced
  bool is_told_ = false;   // the log knows that there is no connection
  LogGate size_gate_;

  UpdatePlan plan_;           // of the update that is being made
  std::vector<char> update_;  // its text and its atlas

  CameraThread thread_;
};

}  // namespace fanlight
