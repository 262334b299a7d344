// SPDX-License-Identifier: Apache-2.0
#include "http/report/report.h"

#include <utility>

#include "core/check.h"
#include "http/delivery/shard_services.h"

namespace fanlight {

ReportBody::ReportBody(ShardServices& services, Report report, size_t camera, bool whole,
                       AddressTable::Entry share, const Rights& rights) noexcept
    : services_(services), share_(share), report_(make(report, camera, whole, rights)) {}

ReportBody::AnyReport ReportBody::make(Report report, size_t camera, bool whole,
                                       const Rights& rights) noexcept {
  const ViewerRows::Arrival arrival{
      this, [](void* owner) noexcept { static_cast<ReportBody*>(owner)->ready(); }};
  switch (report) {
    case Report::state:
      return AnyReport(std::in_place_type<StateReport>, services_, arrival, whole);
    case Report::ustreamer_state:
      return AnyReport(std::in_place_type<UstreamerState>, services_, arrival, camera);
    case Report::mjpg_program:
      return AnyReport(std::in_place_type<MjpgProgram>, services_.state);
    case Report::metrics:
      return AnyReport(std::in_place_type<Metrics>, services_.state);
    case Report::cameras_json:
      return AnyReport(std::in_place_type<CamerasJson>, services_, whole, rights);
    case Report::cameras_page:
      return AnyReport(std::in_place_type<CamerasPage>, services_, rights);
    case Report::controls:
      return AnyReport(std::in_place_type<ControlsReport>, services_, camera);
    case Report::summary:
      return AnyReport(std::in_place_type<Summary>, services_, rights);
    case Report::viewers_page:
      return AnyReport(std::in_place_type<ViewersPage>, services_, arrival);
  }
  CHECK(false && "every report is made");
}

ReportBody::Pulled ReportBody::pull(std::span<char> room) noexcept {
  TextWriter text(room);
  const State state = std::visit([&](auto& report) { return report.write_step(text); }, report_);
  return state == State::pending ? wait() : Pulled{text.size(), state};
}

void ReportBody::release() noexcept {
  services_.state.admission.return_share(share_, Held::report);
  services_.reports.destroy(this);
}

}  // namespace fanlight
