// SPDX-License-Identifier: Apache-2.0
// The one libcamera::CameraManager that a process may have, shared by its cameras.
#pragma once

#include <fmt/core.h>
#include <libcamera/camera_manager.h>
#include <libcamera/logging.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <ostream>
#include <streambuf>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "capture/libcamera/completed_requests.h"
#include "core/log.h"

namespace fanlight {

// Redirects libcamera's log, which would otherwise go to standard error line by line: errors become
// warnings, everything else becomes debug output.
// Thread: any; libcamera writes each message in one call.
class LibcameraLog final : public std::streambuf {
 public:
  // "[1:02:03.456] [789] ERROR V4L2 v4l2_device.cpp:1 text": the level, and the text starting with
  // it.
  static std::pair<LogLevel, std::string_view> understand(std::string_view message) {
    while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
    for (int field = 0; field < 2 && message.starts_with('['); ++field) {
      message.remove_prefix(std::min(message.find(']') + 1, message.size()));
      message.remove_prefix(std::min(message.find_first_not_of(' '), message.size()));
    }
    const bool is_error = message.starts_with("ERROR ") || message.starts_with("FATAL ");
    return {is_error ? LogLevel::warning : LogLevel::debug, message};
  }

 protected:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    const auto [level, text] = understand({bytes, static_cast<size_t>(count)});
    log(level, "libcamera: {}", text);
    return count;
  }
};

// Owns: a share in the manager: the first user starts it, the last one stops it. Between two
//   sessions there is none, so that no device stays powered while no one is watching, and cameras
//   are found again where there is no udev to announce them.
// Thread: any.
class LibcameraManager {
 public:
  // Throws std::system_error when libcamera does not start.
  LibcameraManager() {
    const std::lock_guard lock(shared().lifetime);
    if (shared().users++ > 0) return;
    try {
      start();
    } catch (...) {
      --shared().users;
      throw;
    }
  }
  LibcameraManager(const LibcameraManager&) = delete;
  LibcameraManager& operator=(const LibcameraManager&) = delete;
  ~LibcameraManager() {
    const std::lock_guard lock(shared().lifetime);
    if (--shared().users == 0) shared().manager.reset();
  }

  libcamera::CameraManager& get() const { return *shared().manager; }

  // Notifies `requests` when `camera` is unplugged, until forget().
  //
  // Uses the manager's signal instead of the camera's own `disconnected`, which is emitted at the
  // same moment: a slot being disconnected may be running in libcamera's thread, and the manager's
  // is only disconnected after that thread has ended.
  void watch(const libcamera::Camera* camera, CompletedRequests& requests) {
    const std::lock_guard lock(shared().watches_mutex);
    shared().watches.emplace_back(camera, &requests);
  }
  void forget(const CompletedRequests& requests) {
    const std::lock_guard lock(shared().watches_mutex);
    std::erase_if(shared().watches, [&](const auto& watch) { return watch.second == &requests; });
  }

 private:
  struct Shared {
    std::mutex lifetime;  // of the manager
    int users = 0;
    std::unique_ptr<libcamera::CameraManager> manager;

    std::mutex watches_mutex;
    std::vector<std::pair<const libcamera::Camera*, CompletedRequests*>> watches;

    // A template, because libcamera passes shared pointers.
    template <class CameraPointer>
    void removed(CameraPointer camera) {
      const std::lock_guard lock(watches_mutex);
      for (const auto& [watched, requests] : watches) {
        if (watched == camera.get()) requests->set_removed();
      }
    }
  };
  static Shared& shared() {
    static Shared state;
    return state;
  }

  static void start() {
    // Users who set these want libcamera's log as it is.
    static LibcameraLog log;
    static std::ostream stream(&log);
    if (!::secure_getenv("LIBCAMERA_LOG_LEVELS") && !::secure_getenv("LIBCAMERA_LOG_FILE")) {
      libcamera::logSetStream(&stream);
    }
    auto manager = std::make_unique<libcamera::CameraManager>();
    manager->cameraRemoved.connect(&shared(), [](auto camera) { shared().removed(camera); });
    const int result = manager->start();
    if (result < 0) {
      throw std::system_error(-result, std::system_category(), "libcamera: does not start");
    }
    shared().manager = std::move(manager);
  }
};

}  // namespace fanlight
