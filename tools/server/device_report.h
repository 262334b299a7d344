// SPDX-License-Identifier: Apache-2.0
// Device report: keeps the list of this machine's cameras up to date for /api/v1/state.
#pragma once

#include <optional>
#include <thread>
#include <vector>

#include "capture/camera/device_watch.h"
#include "capture/libcamera/libcamera_plugin.h"
#include "capture/source/camera_clock.h"
#include "core/shared_text.h"
#include "core/waker.h"

namespace fanlight {

// Owns: a thread, because drivers may be slow, and neither main nor a shard can wait; the device
//   watch, unless the user has no inotify instance left.
// Thread: main's.
class DeviceReport {
 public:
  // `text` gets the list now and whenever a device appears or disappears; it outlives the thread.
  // The cameras of libcamera are listed only as they were at the start: libcamera ends the process
  // if it is started while no descriptor is left. Throws std::system_error when the process has no
  // descriptor or thread left.
  DeviceReport(SharedText& text, std::vector<LibcameraCamera> libcamera);
  DeviceReport(const DeviceReport&) = delete;
  DeviceReport& operator=(const DeviceReport&) = delete;
  ~DeviceReport();  // waits for the driver if stop() was not called

  // False when a driver does not return within a second; the object must then stay as it is until
  // the process ends. Call it once.
  bool stop() noexcept;

 private:
  void run() noexcept;
  void wait_for_devices() noexcept;
  void write();

  SharedText& text_;
  const std::vector<LibcameraCamera> libcamera_;
  SystemCameraClock clock_;
  Waker ended_;
  std::optional<DeviceWatch> watch_;
  std::thread thread_;
};

}  // namespace fanlight
