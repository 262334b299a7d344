// SPDX-License-Identifier: Apache-2.0
// RunningCamera: one camera and everything it needs to run, assembled from the options.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/camera/capture_loop.h"
#include "capture/camera/device_watch.h"
#include "capture/camera/ladder.h"
#include "capture/nats/nats_publisher.h"
#include "capture/source/camera_clock.h"
#include "core/camera_panel.h"
#include "core/frame_ring.h"
#include "core/history/frame_history.h"
#include "io/choose_backend.h"
#include "tools/options/options.h"

namespace fanlight {

// Owns: all of it; members that others point to are declared first.
// Thread: main's; the loop has its own thread.
struct RunningCamera {
  SystemCameraClock clock;
  CameraPanel panel{clock.interrupts()};
  std::optional<DeviceWatch> devices;
  std::unique_ptr<FrameRing> ring;
  std::unique_ptr<FrameHistory> history;               // null without --history
  std::vector<std::unique_ptr<FrameRing>> rung_rings;  // of the lower rungs, from the largest
  std::vector<RungTarget> rungs;                       // the same
  std::unique_ptr<Ladder> ladder;                      // nullptr: there are none
  std::unique_ptr<CaptureLoop> loop;  // nullptr: of a directory, and without a name yet
  SystemCameraClock publisher_clock;
  std::unique_ptr<NatsPublisher> publisher;  // nullptr: there is none
  CameraOptions options;                     // without a name, those of the directory
};

// Whether only one process can have it open: a device.
bool is_exclusive(const RunningCamera& camera) noexcept;

// Opens all cameras, behind which those of the directory follow, without names; none runs yet.
// `exclusive_ones` false: devices are opened when they run (CaptureLoop::continue_from()), because
// another process still has them. One that cannot be opened is tried again later, and shows a slate
// until then. Throws StartError: usage for an invalid source or a control that the camera does not
// have; no_input or not_permitted when none can be opened and none is worth waiting for
// (may_come()), or when --exit-on-no-source forbids waiting.
std::vector<std::unique_ptr<RunningCamera>> open_cameras(const Options& options,
                                                         BackendKind backend, bool exclusive_ones);

// Has one that had no name run. Throws std::system_error when there is no descriptor, or no thread,
// left, and std::bad_alloc; it has no loop then, and this may be tried again.
void name_camera(RunningCamera& camera, std::string name, std::string source,
                 const Options& options);

// Bytes that they may use: the frames of all their rungs, and their histories.
size_t frame_memory_of(const std::vector<std::unique_ptr<RunningCamera>>& cameras,
                       const Options& options) noexcept;

// Stops those that another process is waiting for.
void release_cameras(const std::vector<std::unique_ptr<RunningCamera>>& cameras) noexcept;

// Creates their threads. The cameras' wait for CaptureLoop::begin(). Throws std::system_error.
void start_cameras(const std::vector<std::unique_ptr<RunningCamera>>& cameras);

// Stops all. False when a driver does not release its thread, which then still runs.
bool stop_cameras(const std::vector<std::unique_ptr<RunningCamera>>& cameras) noexcept;

}  // namespace fanlight
