// SPDX-License-Identifier: Apache-2.0
// CameraDirectory: gives the server's unnamed cameras the names of those that are announced on a
// NATS server, and shows each while it is.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "capture/nats/nats_directory.h"
#include "capture/source/camera_clock.h"
#include "core/log.h"
#include "http/state/server_state.h"
#include "tools/options/options.h"
#include "tools/server/main_loop.h"
#include "tools/server/running_camera.h"

namespace fanlight {

// Owns: the directory and its thread. Thread: main's.
class CameraDirectory {
 public:
  // The directory is the last of the options' cameras, and its cameras the last of `cameras`. All
  // outlive it. Throws StartError, and std::system_error when no descriptor is left.
  CameraDirectory(const Options& options,
                  const std::vector<std::unique_ptr<RunningCamera>>& cameras, ServerState& state);

  // `main_loop` has it act on what changes, and `on_named` is called when cameras have been given
  // names. Throws std::system_error when no thread can be created.
  void start(MainLoop& main_loop, std::function<void()> on_named);

  // False when its thread still waits for the server, and needs this object.
  bool stop() noexcept;

 private:
  void on_changes() noexcept;
  void show(size_t camera, const NatsDirectory::Camera& listed);

  const Options& options_;
  const std::vector<std::unique_ptr<RunningCamera>>& cameras_;
  ServerState& state_;
  const size_t first_;  // of the directory's
  std::function<void()> on_named_;
  LogGate gate_;
  SystemCameraClock clock_;
  NatsDirectory directory_;
};

// Null without a directory among the options.
std::unique_ptr<CameraDirectory> open_directory(
    const Options& options, const std::vector<std::unique_ptr<RunningCamera>>& cameras,
    ServerState& state);

}  // namespace fanlight
