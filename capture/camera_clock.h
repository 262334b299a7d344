// SPDX-License-Identifier: Apache-2.0
// CameraClock: all that a camera thread knows of time, and the only place where it waits.
//
// Whatever waits through here is interrupted by a stop at once, and can be tested with a clock that
// jumps to the next deadline instead of waiting for it.
#pragma once

#include <atomic>

#include "core/time.h"
#include "core/waker.h"

namespace fanlight {

// Why a wait ended. A stop outranks a ready descriptor, which outranks the deadline.
enum class Wake { deadline, ready, stop };

// Thread: request_stop() and stop_requested() from any; the rest by the camera's thread, and by
//   main's before that thread runs.
class CameraClock {
 public:
  virtual ~CameraClock() = default;

  virtual Instant now() noexcept = 0;
  virtual WallTime wall_now() noexcept = 0;

  // Waits until `fd` has one of poll(2)'s `events` or an error, until `deadline` (kNever: without
  // limit; in the past: does not wait), or until a stop is requested. `fd` -1: for nothing else.
  virtual Wake wait(int fd, short events, Instant deadline) noexcept = 0;
  Wake wait_until(Instant deadline) noexcept { return wait(-1, 0, deadline); }

  // Ends the wait that is under way, and every later one, for good.
  virtual void request_stop() noexcept = 0;
  virtual bool stop_requested() const noexcept = 0;
};

// The real one. Owns: an eventfd that stays readable once a stop is requested.
class SystemCameraClock final : public CameraClock {
 public:
  // Throws std::system_error when the process has no descriptor left.
  SystemCameraClock() = default;

  Instant now() noexcept override { return read_monotonic_clock(); }
  WallTime wall_now() noexcept override { return read_wall_clock(); }
  Wake wait(int fd, short events, Instant deadline) noexcept override;
  void request_stop() noexcept override;
  bool stop_requested() const noexcept override { return stopped_.load(); }

 private:
  Waker stop_;
  std::atomic<bool> stopped_{false};
};

}  // namespace fanlight
