// SPDX-License-Identifier: Apache-2.0
// CameraReport: one camera in /api/v1/state, /cameras and /cameras/NAME/controls.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/camera_panel.h"
#include "core/frame_ring.h"
#include "http/protocol/json.h"

namespace fanlight {

struct ShardServices;

// Measured pictures per second; 0 before the second one, and while none arrive.
double measured_fps(const CaptureStats& stats, Instant now) noexcept;
// The frame rate requested of the camera; 0 if the camera does not report it.
double nominal_fps(const CaptureStats& stats) noexcept;

// A camera's condition, for people and programs.
struct CameraCondition {
  std::string_view state;   // "starting", "live", "idle" or "lost"
  std::string_view reason;  // as text, if lost; valid for this loop iteration
};
CameraCondition condition_of(ShardServices& services, size_t camera) noexcept;
// The part of a slate's reason about the camera: "lost: not there" of "camera lost: not there".
std::string_view said_of_camera(std::string_view reason) noexcept;

// Owns: its place in the text, and a copy of the camera's controls, since they may change while a
//   slow client reads them, and the client must get one consistent list.
// Thread: its shard's.
class CameraReport {
 public:
  CameraReport() {}  // leaves the copy's memory untouched

  // Writes the next bounded step of the object that describes this camera; true if another step
  // follows. After the last one it starts over, and there is still room for a few characters.
  bool write_step(ShardServices& services, size_t camera, JsonWriter& json) noexcept;

  // The same for an object with only the controls.
  bool write_controls_step(ShardServices& services, size_t camera, JsonWriter& json) noexcept;

 private:
  enum class Step : uint8_t { figures, description, controls };
  void begin_controls(const CameraPanel* panel, JsonWriter& json) noexcept;
  bool continue_controls(JsonWriter& json) noexcept;

  Step step_ = Step::figures;
  std::string_view controls_left_;  // of the copy
  std::array<char, CameraPanel::kControlsBytesMax> controls_;
};

}  // namespace fanlight
