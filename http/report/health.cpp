// SPDX-License-Identifier: Apache-2.0
#include "http/report/health.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "http/protocol/text.h"
#include "http/report/camera_report.h"

namespace fanlight {
namespace {

// Why this camera is not ready; empty if it is.
std::string_view why_not_ready(Channel& channel, Instant now) {
  if (channel.is_idle()) return {};
  const Frame* frame = channel.newest();
  const CaptureStats& stats = channel.ring().stats();
  // The frame rate of another server's camera is unknown.
  const Duration interval(std::max(stats.interval_ns.value(), stats.measured_interval_ns.value()));
  if (frame == nullptr) return "no picture yet";
  if (frame->info().is_slate()) return said_of_camera(frame->info().slate_reason.view());
  if (channel.ring().activity() != CaptureActivity::silent &&
      now - frame->info().captured_at > std::max<Duration>(2s, 3 * interval)) {
    return "no fresh picture";
  }
  return {};
}

}  // namespace

std::string_view why_unhealthy(const ShardServices& services, std::span<char> room) noexcept {
  const std::optional<unsigned> hanging = services.state.hanging_shard(services.now());
  if (!hanging) return {};
  TextWriter text(room);
  text.add("shard {} hangs", *hanging);
  return text.view();
}

std::string_view why_not_ready(const ShardServices& services, std::span<char> room) noexcept {
  const CameraNames& names = services.state.names;
  if (names.next_shown(0) == names.size()) return "no camera is announced";
  for (size_t i = names.next_shown(0); i < names.size(); i = names.next_shown(i + 1)) {
    const std::string_view why = why_not_ready(services.channel(i), services.now());
    if (why.empty()) continue;
    TextWriter text(room);
    text.add("{}: {}", names[i], why);
    return text.view();
  }
  return {};
}

}  // namespace fanlight
