// SPDX-License-Identifier: Apache-2.0
// Report: the server's reports about itself, as bodies of answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "http/protocol/body.h"
#include "http/report/cameras_json.h"
#include "http/report/cameras_page.h"
#include "http/report/controls_report.h"
#include "http/report/metrics.h"
#include "http/report/mjpg_program.h"
#include "http/report/state_report.h"
#include "http/report/summary.h"
#include "http/report/ustreamer_state.h"
#include "http/report/viewers_page.h"
#include "http/state/address_table.h"

namespace fanlight {

struct ShardServices;

enum class Report : uint8_t {
  state,            // /api/v1/state
  ustreamer_state,  // /state
  mjpg_program,     // /program.json
  metrics,          // /metrics
  cameras_json,     // /cameras
  cameras_page,     // /cameras for browsers
  controls,         // /cameras/NAME/controls
  summary,          // /api/v1/summary, if it does not fit into one piece
  viewers_page,     // /viewers
};

// Owns: one report of any kind, so that one Slab has places for all of them.
// Thread: its shard's.
class ReportBody final : public Body {
 public:
  // `camera`: the index for reports on one camera. `whole`: for those who may see all, else for
  // viewers. `share`: of the client, returned on release(). `rights`: lists of cameras leave out
  // those on which the client has none.
  ReportBody(ShardServices& services, Report report, size_t camera, bool whole,
             AddressTable::Entry share = AddressTable::kNone,
             const Rights& rights = Rights(kEveryRight)) noexcept;

  Pulled pull(std::span<char> room) noexcept override;
  void release() noexcept override;

 private:
  // Each has write_step(), which writes the next bounded step. Those that list viewers are pending
  // until the next rows arrive.
  using AnyReport = std::variant<StateReport, UstreamerState, MjpgProgram, Metrics, CamerasJson,
                                 CamerasPage, ControlsReport, Summary, ViewersPage>;
  AnyReport make(Report report, size_t camera, bool whole, const Rights& rights) noexcept;

  ShardServices& services_;
  const AddressTable::Entry share_;
  AnyReport report_;
};

}  // namespace fanlight
