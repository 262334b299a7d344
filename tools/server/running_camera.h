// SPDX-License-Identifier: Apache-2.0
// RunningCamera: one camera with everything that it needs to run, put together from the options.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "capture/camera/capture_loop.h"
#include "capture/camera/device_watch.h"
#include "capture/source/camera_clock.h"
#include "core/camera_panel.h"
#include "core/frame_ring.h"
#include "io/choose_backend.h"
#include "tools/options/options.h"

namespace fanlight {

// Owns: all of it; the members that others point to come first.
// Thread: main's; the loop has one of its own.
struct RunningCamera {
  SystemCameraClock clock;
  CameraPanel panel{clock.interrupts()};
  std::optional<DeviceWatch> devices;
  std::unique_ptr<FrameRing> ring;
  std::unique_ptr<CaptureLoop> loop;
  CameraOptions options;
};

// Opens all cameras; none runs yet. One that cannot be opened is tried again later, and shows a
// slate until then. Throws StartError: usage for a source that makes no sense or a control that the
// camera does not have; no_input or not_permitted when none can be opened and none is worth waiting
// for (may_come()), or --exit-on-no-source says not to wait.
std::vector<std::unique_ptr<RunningCamera>> open_cameras(const Options& options,
                                                         BackendKind backend);

// Stops all. False when the driver of one does not let go of its thread, which then still runs.
bool stop_cameras(const std::vector<std::unique_ptr<RunningCamera>>& cameras) noexcept;

}  // namespace fanlight
