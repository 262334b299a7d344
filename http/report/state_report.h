// SPDX-License-Identifier: Apache-2.0
// StateReport: /api/v1/state, everything about the server, and a row for each viewer.
//
// There are two views of it with the same keys. Those who may see all get the whole. In the view
// for viewers these are empty: the flags in force, the devices of this machine, and where pictures
// come from; and viewers have no addresses.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/shared_text.h"
#include "http/protocol/body.h"
#include "http/protocol/json.h"
#include "http/report/camera_report.h"
#include "http/report/viewer_rows.h"

namespace fanlight {

struct ShardServices;

// Owns: its place in the report, and a copy of the text being sent, which may be replaced while a
//   slow client reads it.
// Thread: its shard's.
class StateReport {
 public:
  // `whole`: the whole, else the view for viewers.
  StateReport(ShardServices& services, ViewerRows::Arrival arrival, bool whole) noexcept;

  // Writes the next bounded step; pending: the arrival follows.
  Body::State write_step(TextWriter& text) noexcept;

 private:
  enum class Section : uint8_t { server, flags, devices, shards, cameras, viewers };

  void begin_text(Section section, const SharedText& shared, std::string_view otherwise) noexcept;
  void write_section(JsonWriter& json) noexcept;
  void write_shard(JsonWriter& json) noexcept;

  ShardServices& services_;
  const bool whole_;
  JsonPosition position_ = JsonPosition::first;
  Section section_ = Section::server;
  size_t shard_ = 0;  // the next one
  CameraReports cameras_;
  ViewerRows rows_;
  std::string_view text_left_;                    // of the copy
  std::array<char, SharedText::kBytesMax> text_;  // left untouched until then
};

}  // namespace fanlight
