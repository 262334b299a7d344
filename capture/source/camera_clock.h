// SPDX-License-Identifier: Apache-2.0
// CameraClock: all that a camera thread knows of time, and the only place where it waits.
//
// Whatever waits through here is interrupted by a stop at once, and can be tested with a clock that
// jumps to the next deadline instead of waiting for it.
#pragma once

#include <poll.h>

#include <atomic>
#include <span>

#include "core/time.h"
#include "core/waker.h"

namespace fanlight {

// Why a wait ended. A stop outranks a ready descriptor, which outranks an interruption, which
// outranks the deadline.
enum class Wake { deadline, interrupted, ready, stop };

// Owns: an eventfd.
// Thread: now(), request_stop(), stop_requested() and interrupts().wake() from any; the rest by the
//   camera's thread, and by main's before that thread runs.
class CameraClock {
 public:
  // Throws std::system_error when the process has no descriptor left.
  CameraClock() = default;
  CameraClock(const CameraClock&) = delete;
  CameraClock& operator=(const CameraClock&) = delete;
  virtual ~CameraClock() = default;

  virtual Instant now() noexcept = 0;
  virtual WallTime wall_now() noexcept = 0;

  // Waits until one of `waits` has one of poll(2)'s events or an error, which is then told in its
  // `revents`; until `deadline` (kNever: without limit; in the past: does not wait); until somebody
  // wakes interrupts(); or until a stop is requested. At most kWaitsMax; a descriptor of -1 is for
  // nothing.
  static constexpr size_t kWaitsMax = 16;
  virtual Wake wait(std::span<pollfd> waits, Instant deadline) noexcept = 0;

  // For one descriptor.
  Wake wait(int fd, short events, Instant deadline) noexcept {
    pollfd one{fd, events, 0};
    return wait({&one, 1}, deadline);
  }
  Wake wait_until(Instant deadline) noexcept { return wait({}, deadline); }

  // Ends the wait that is under way, or else the next one, once: somebody wants something of the
  // camera's thread.
  Waker& interrupts() noexcept { return interrupts_; }

  // Ends the wait that is under way, and every later one, for good.
  virtual void request_stop() noexcept = 0;
  virtual bool stop_requested() const noexcept = 0;

 private:
  Waker interrupts_;
};

// The real one. Owns: an eventfd that stays readable once a stop is requested.
class SystemCameraClock final : public CameraClock {
 public:
  using CameraClock::wait;
  Instant now() noexcept override { return read_monotonic_clock(); }
  WallTime wall_now() noexcept override { return read_wall_clock(); }
  Wake wait(std::span<pollfd> waits, Instant deadline) noexcept override;
  void request_stop() noexcept override;
  bool stop_requested() const noexcept override { return stopped_.load(); }

 private:
  Waker stop_;
  std::atomic<bool> stopped_{false};
};

}  // namespace fanlight
