// SPDX-License-Identifier: Apache-2.0
// ControlsReport: the controls of one camera: /cameras/NAME/controls, and a member of its object in
// other reports.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "core/camera_panel.h"
#include "http/protocol/body.h"
#include "http/protocol/json.h"

namespace fanlight {

struct ShardServices;

// The member "controls" of an object.
// Owns: a copy of the controls, since they may change while a slow client reads them, and the
//   client must get one consistent list.
// Thread: its shard's.
class ControlsMember {
 public:
  ControlsMember() noexcept {}  // leaves the copy's memory untouched

  // Copies the controls and writes the beginning; nullptr: there are none.
  void begin(const CameraPanel* panel, JsonWriter& json) noexcept;
  // Writes the next bounded step; true if another one follows. After the last one there is still
  // room for a few characters.
  bool write_step(JsonWriter& json) noexcept;

 private:
  std::string_view left_;  // of the copy
  std::array<char, CameraPanel::kControlsBytesMax> copy_;
};

// Owns: its place in the report. Thread: its shard's.
class ControlsReport {
 public:
  ControlsReport(ShardServices& services, size_t camera) noexcept
      : services_(services), camera_(camera) {}

  // Writes the next bounded step.
  Body::State write_step(TextWriter& text) noexcept;

 private:
  ShardServices& services_;
  const size_t camera_;
  JsonPosition position_ = JsonPosition::first;
  bool has_begun_ = false;
  ControlsMember controls_;
};

}  // namespace fanlight
