// SPDX-License-Identifier: Apache-2.0
// NatsDirectory: the cameras that are announced on a NATS server (docs/nats.md).
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "capture/nats/nats_link.h"
#include "capture/source/camera_clock.h"
#include "capture/source/camera_thread.h"
#include "capture/source/retry_delay.h"
#include "core/log.h"
#include "core/time.h"
#include "core/waker.h"

namespace fanlight {

struct NatsDirectoryConfig {
  std::string shown;               // the URL without secrets, for the log
  NatsLogin login;                 // its subject has wildcards
  size_t cameras_max = 1;          // further ones are not shown
  std::vector<std::string> taken;  // names of other cameras
  std::vector<std::string> own;    // subjects that this process publishes on: not shown
  Duration retry_min = 500ms;      // delay before the first retry; doubled with each, up to
  Duration retry_max = 10s;        // this one; both give or take a quarter
};

// Owns: the connection, its thread, the list.
// Thread: main's calls the constructor, start(), stop_within(), fd(), take_cameras() and
//   wake_again(); run() is the thread's.
// Invariants: a camera has the same name, which no other one has, from its first announcement on,
//   and is there until it was not announced for kPatience on one connection. While there is none,
//   nothing is known, and nothing changes. The list only grows.
class NatsDirectory {
 public:
  // Longer than three announcements need.
  static constexpr Duration kPatience = 7s;

  struct Camera {
    std::string name;
    std::string subject;
    Instant heard_at{};
    bool is_there = false;
  };

  // `clock` outlives it. Throws std::system_error when there is no descriptor left.
  NatsDirectory(NatsDirectoryConfig config, CameraClock& clock, NatsConnect connect);

  // Throws std::system_error when no thread can be created.
  void start() {
    thread_.start("directory", [this] { run(); });
  }
  // False if the thread still waits for the server after `patience`; it then needs this object.
  bool stop_within(Duration patience) noexcept { return thread_.stop_within(patience); }

  // Readable when the list has changed.
  int fd() const { return changed_.fd(); }
  // All that were announced, in the order of their first announcements. Throws std::bad_alloc.
  std::vector<Camera> take_cameras();
  // fd() is readable again soon, with the next announcement.
  void wake_again() noexcept { wakes_again_ = true; }

  // The thread's body: returns after a stop was requested of the clock. Public for tests without a
  // thread.
  void run() noexcept;

 private:
  void serve();
  void settle() noexcept;
  void hear(std::string_view subject);
  void add(std::string_view subject);
  void end_silent();
  Instant next_end() const;
  void set(Camera& camera, bool is_there);
  void failed(std::string_view what) noexcept;

  const NatsDirectoryConfig config_;
  CameraClock& clock_;
  const NatsConnect connect_;
  RetryDelay retry_delay_;
  bool is_told_ = false;  // the log knows that there is no connection
  LogGate name_gate_, full_gate_;

  std::mutex lock_;  // of the list, which only the thread changes
  std::vector<Camera> cameras_;
  std::atomic<bool> wakes_again_{false};
  Waker changed_;

  CameraThread thread_;
};

}  // namespace fanlight
