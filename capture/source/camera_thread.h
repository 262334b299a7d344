// SPDX-License-Identifier: Apache-2.0
// CameraThread: a thread that returns soon after a stop is requested of its clock, unless a driver
// or another server keeps it.
#pragma once

#include <functional>
#include <thread>

#include "capture/source/camera_clock.h"
#include "core/time.h"
#include "core/waker.h"

namespace fanlight {

// Owns: the thread. Declare it last: what the thread uses must outlive it.
// Thread: its owner's.
class CameraThread {
 public:
  // `clock`: the thread's, which outlives it. Throws std::system_error (EMFILE, ENFILE).
  explicit CameraThread(CameraClock& clock) : clock_(clock) {}
  CameraThread(const CameraThread&) = delete;
  CameraThread& operator=(const CameraThread&) = delete;
  ~CameraThread() { stop(); }

  // Call once. `name`: for ps(1), at most 15 bytes. Throws std::system_error when no thread can be
  // created.
  void start(const char* name, std::function<void()> body);

  // Requests a stop and waits for it. Has no effect on a thread that was not started, or has been
  // waited for.
  void stop() noexcept;
  // The same, but false if the thread still runs after `patience`.
  bool stop_within(Duration patience) noexcept;

 private:
  CameraClock& clock_;
  Waker ended_;  // set by the thread as its last act
  std::thread thread_;
};

}  // namespace fanlight
