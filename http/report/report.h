// SPDX-License-Identifier: Apache-2.0
// Report: the server's reports about itself: /state, /api/v1/state, /api/v1/summary, /metrics,
// /cameras and the controls of one camera.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/shared_text.h"
#include "http/protocol/body.h"
#include "http/report/camera_report.h"
#include "http/report/cameras_page.h"
#include "http/report/viewer_rows.h"

namespace fanlight {

struct ShardServices;
class JsonWriter;
class TextWriter;

enum class Report : uint8_t {
  state,            // /api/v1/state: everything, and a row for each viewer
  ustreamer_state,  // /state: JSON in ustreamer's format
  mjpg_program,     // /program.json
  metrics,          // Prometheus text format 0.0.4
  cameras_json,
  cameras_page,
  controls,      // /cameras/NAME/controls
  summary,       // /api/v1/summary, if it does not fit into one piece
  viewers_page,  // /viewers
};

// Owns: its place in the report, the query that travels to the other shards, and a copy of the text
//   being sent, which may be replaced while a slow client reads it.
// Thread: its shard's.
class ReportBody final : public Body {
 public:
  // `addresses`: whether to include viewer addresses.
  ReportBody(ShardServices& services, Report report, size_t camera, bool addresses) noexcept;

  Pulled pull(std::span<char> room) noexcept override;
  void release() noexcept override;

 private:
  // In the order of /api/v1/state; the viewers are also the end of /state.
  enum class Section : uint8_t { server, flags, devices, shards, cameras, viewers };

  // Each writes one bounded step of its report; true if another one follows.
  bool write_step(TextWriter& text) noexcept;
  bool write_state_step(TextWriter& text) noexcept;
  bool write_cameras_json(TextWriter& text) noexcept;
  bool write_cameras(JsonWriter& json) noexcept;
  bool write_text(TextWriter& text) noexcept;

  void begin_text(const SharedText& shared) noexcept;
  void write_end(TextWriter& text) noexcept;
  void begin_section(Section section) noexcept;
  Pulled pull_viewers(std::span<char> room) noexcept;

  ShardServices& services_;
  const Report report_;
  const size_t camera_;
  Section section_ = Section::server;
  size_t row_ = 0;  // of the section
  JsonPosition position_ = JsonPosition::first;
  CameraReport camera_report_;
  CamerasPage cameras_page_;
  ViewerRows rows_;
  std::string_view text_left_;                    // of the copy
  std::array<char, SharedText::kBytesMax> text_;  // left untouched until then
};

}  // namespace fanlight
