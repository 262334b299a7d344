// SPDX-License-Identifier: Apache-2.0
// Report: what the server says of itself: /state, /api/v1/state, /metrics, /cameras and the
// controls of one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/mailbox.h"
#include "core/slab.h"
#include "http/body.h"
#include "http/camera_report.h"
#include "http/cameras_page.h"

namespace fanlight {

class ReportBody;
class Shard;
class TextWriter;

enum class Report : uint8_t {
  state,            // /api/v1/state: everything, and a row for each viewer
  ustreamer_state,  // /state: JSON of ustreamer's shape
  metrics,          // Prometheus text format 0.0.4
  cameras_json,
  cameras_page,
  controls,  // /cameras/NAME/controls
};

// A question to another shard: its viewers, a page of rows at a time.
// Thread: the asking shard's until it is posted, then the asked one's until it is posted back.
struct ViewerRows : Message {
  ReportBody* owner = nullptr;
  unsigned asker = 0;     // the owner's shard
  unsigned shard = 0;     // whom to ask
  uint64_t after_id = 0;  // rows of connections with a greater id
  bool more = false;      // answer: there are further rows
  size_t size = 0;        // answer: bytes in `text`
  std::array<char, 8192> text;

  ViewerRows() {}  // leaves the text untouched
};

// Writes the rows that `question` asks for: the asked shard, out of its mailbox.
void write_viewer_rows(Shard& shard, ViewerRows& question) noexcept;

// Owns: its place in the report, and the question that travels to the other shards.
// Thread: its shard's.
class ReportBody final : public Body {
 public:
  ReportBody(Shard& shard, Slab<ReportBody>& home, Report report, size_t camera) noexcept
      : shard_(shard), home_(home), report_(report), camera_(camera) {}

  Pulled pull(std::span<char> room) noexcept override;
  void release() noexcept override { home_.destroy(this); }

 private:
  // Each writes one bounded step of its report; true when another one follows.
  bool write_step(TextWriter& text) noexcept;
  bool write_ustreamer_state(TextWriter& text) const noexcept;
  bool write_cameras_json(TextWriter& text) noexcept;
  bool write_server(TextWriter& text) noexcept;
  bool write_shards(TextWriter& text) noexcept;
  bool write_cameras(TextWriter& text) noexcept;
  Pulled pull_state(std::span<char> room) noexcept;
  Pulled pull_viewers(std::span<char> room) noexcept;
  void ask() noexcept;
  void rows_came() noexcept;

  Shard& shard_;
  Slab<ReportBody>& home_;
  const Report report_;
  const size_t camera_;
  size_t section_ = 0;      // of the report
  size_t row_ = 0;          // of the section
  bool begins_row_ = true;  // of the cameras
  CameraReport camera_report_;
  CamerasPage cameras_page_;
  bool first_row_ = true;  // of the viewers
  bool have_rows_ = false;
  size_t rows_sent_ = 0;  // bytes of rows_.text
  ViewerRows rows_;
};

}  // namespace fanlight
