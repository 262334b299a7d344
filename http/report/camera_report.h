// SPDX-License-Identifier: Apache-2.0
// CameraReport: what /api/v1/state, /cameras and /cameras/NAME/controls say of one camera.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/camera_panel.h"
#include "core/frame_ring.h"
#include "http/protocol/text.h"

namespace fanlight {

struct ShardServices;

// Pictures per second as measured; 0 before the second one, and while none come.
double measured_fps(const CaptureStats& stats, Instant now) noexcept;
// As the camera was asked for; 0 when it does not say.
double nominal_fps(const CaptureStats& stats) noexcept;

// How a camera is, for people and programs.
struct CameraCondition {
  std::string_view state;   // "starting", "live", "idle" or "lost"
  std::string_view reason;  // in words, when it is lost; valid for this turn
};
CameraCondition condition_of(ShardServices& services, size_t camera) noexcept;
// What a slate's reason says of the camera: "lost: not there" of "camera lost: not there".
std::string_view said_of_camera(std::string_view reason) noexcept;

// Owns: its place in the text, and a copy of the camera's controls: they may be changed while a
//   slow client reads them, and the client is to get one whole list.
// Thread: its shard's.
class CameraReport {
 public:
  CameraReport() {}  // leaves the copy's memory untouched

  // Writes the next bounded step of the object that describes this camera; true when another one
  // follows. After the last it begins anew, and there is still room for a few characters.
  bool write_step(ShardServices& services, size_t camera, TextWriter& text) noexcept;

  // The same for an object with nothing but the controls.
  bool write_controls_step(ShardServices& services, size_t camera, TextWriter& text) noexcept;

 private:
  enum class Step : uint8_t { figures, description, controls };
  void begin_controls(const CameraPanel* panel, TextWriter& text) noexcept;
  bool continue_controls(TextWriter& text) noexcept;

  Step step_ = Step::figures;
  std::string_view controls_left_;  // of the copy
  std::array<char, CameraPanel::kControlsBytesMax> controls_;
};

}  // namespace fanlight
