// SPDX-License-Identifier: Apache-2.0
// CameraReport: the cameras in /api/v1/state and /cameras, and what other reports say about one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/frame_ring.h"
#include "http/auth/rights.h"
#include "http/delivery/shard_services.h"
#include "http/protocol/json.h"
#include "http/report/controls_report.h"
#include "http/state/server_state.h"

namespace fanlight {

// Measured pictures per second; 0 before the second one, and while none arrive.
double measured_fps(const CaptureStats& stats, Instant now) noexcept;
// The frame rate requested of the camera; 0 if the camera does not report it.
double nominal_fps(const CaptureStats& stats) noexcept;

// Of the camera's history; all 0 without one.
struct HistoryFigures {
  double seconds = 0;  // from the oldest to the newest frame
  uint64_t frames = 0;
  uint64_t bytes = 0;
  uint64_t limit_bytes = 0;
  uint64_t skipped = 0;
};
HistoryFigures history_figures(const Camera& camera) noexcept;

// A camera's condition, for people and programs.
struct CameraCondition {
  std::string_view state;   // "starting", "live", "idle" or "lost"
  std::string_view reason;  // as text, if lost; valid for this loop iteration
};
CameraCondition condition_of(ShardServices& services, size_t camera) noexcept;
// The part of a slate's reason about the camera: "lost: not there" of "camera lost: not there".
std::string_view said_of_camera(std::string_view reason) noexcept;

// What everybody may know of what the camera is, written to `room`; empty if nothing: the
// description of another server or of a folder is its place.
std::string_view device_for_all(const Camera& camera,
                                std::array<char, CameraPanel::kTextBytesMax>& room) noexcept;

// Owns: its place among the cameras. Thread: its shard's.
class CameraReports {
 public:
  // `whole`: also where the pictures come from, for those who may see all. `rights`: of the client;
  // cameras without any are left out.
  CameraReports(ShardServices& services, bool whole,
                const Rights& rights = Rights(kEveryRight)) noexcept
      : services_(services),
        whole_(whole),
        rights_(rights),
        camera_(services.state.next_camera(0, rights)) {}

  // Writes the next bounded step of the objects that describe the cameras, one after another; true
  // if another step follows. After the last one there is still room for a few characters.
  bool write_step(JsonWriter& json) noexcept;

 private:
  enum class Step : uint8_t { figures, rungs, description, controls };

  ShardServices& services_;
  const bool whole_;
  const Rights rights_;
  size_t camera_;
  Step step_ = Step::figures;  // of this camera
  ControlsMember controls_;
};

}  // namespace fanlight
