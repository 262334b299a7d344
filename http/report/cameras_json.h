// SPDX-License-Identifier: Apache-2.0
// CamerasJson: /cameras for programs; CamerasPage is for browsers.
#pragma once

#include "http/protocol/body.h"
#include "http/protocol/json.h"
#include "http/report/camera_report.h"

namespace fanlight {

struct ShardServices;

// Owns: its place in the report. Thread: its shard's.
class CamerasJson {
 public:
  // `whole`: for those who may see all. `rights`: see CameraReports.
  CamerasJson(ShardServices& services, bool whole, const Rights& rights) noexcept
      : services_(services), cameras_(services, whole, rights) {}

  // Writes the next bounded step.
  Body::State write_step(TextWriter& text) noexcept;

 private:
  ShardServices& services_;
  JsonPosition position_ = JsonPosition::first;
  bool has_begun_ = false;
  CameraReports cameras_;
};

}  // namespace fanlight
