// SPDX-License-Identifier: Apache-2.0
// CameraClock: a camera thread's only access to time, and the only place where it waits.
//
// A stop interrupts every wait made through it immediately, and tests can use a clock that jumps to
// the next deadline instead of waiting.
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
// Thread: any for now(), request_stop(), stop_requested() and interrupts().wake(); the camera's for
//   the rest, and main's before that thread runs.
class CameraClock {
 public:
  // Throws std::system_error when the process is out of descriptors.
  CameraClock() = default;
  CameraClock(const CameraClock&) = delete;
  CameraClock& operator=(const CameraClock&) = delete;
  virtual ~CameraClock() = default;

  virtual Instant now() noexcept = 0;
  virtual WallTime wall_now() noexcept = 0;

  // Waits until one of `waits` has one of poll(2)'s events or an error, which is then in its
  // `revents`; until `deadline` (kNever: without limit; in the past: does not wait); until a call
  // wakes interrupts(); or until a stop is requested. At most kWaitsMax; a descriptor of -1 is
  // ignored.
  static constexpr size_t kWaitsMax = 16;
  virtual Wake wait(std::span<pollfd> waits, Instant deadline) noexcept = 0;

  // For one descriptor.
  Wake wait(int fd, short events, Instant deadline) noexcept {
    pollfd one{fd, events, 0};
    return wait({&one, 1}, deadline);
  }
  Wake wait_until(Instant deadline) noexcept { return wait({}, deadline); }

  // Ends the current wait, or else the next one, once: there is a request for the camera's thread.
  Waker& interrupts() noexcept { return interrupts_; }

  // Ends the current wait and every later one, permanently.
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
