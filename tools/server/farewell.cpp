// SPDX-License-Identifier: Apache-2.0
#include "tools/server/farewell.h"

#include <fmt/core.h>

#include "http/report/totals.h"
#include "http/state/server_state.h"

namespace fanlight {
namespace {

std::string uptime_text(Duration uptime) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(uptime).count();
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  const auto hours = seconds / 3600;
  if (hours < 24) return fmt::format("{} h {} min", hours, seconds / 60 % 60);
  return fmt::format("{} d {} h", hours / 24, hours % 24);
}

// In units of 1000, as for disks and networks.
std::string bytes_text(uint64_t bytes) {
  constexpr const char* kUnits[] = {"KB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double amount = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  for (; amount >= 999.5 && unit + 1 < std::size(kUnits); ++unit) amount /= 1000;
  return amount < 9.95 ? fmt::format("{:.1f} {}", amount, kUnits[unit])
                       : fmt::format("{:.0f} {}", amount, kUnits[unit]);
}

}  // namespace

Farewell sum_up(const ServerState& state, Duration uptime) {
  Farewell farewell;
  farewell.uptime = uptime;
  farewell.viewers = state.admission.admitted();
  farewell.most = state.admission.most();
  farewell.pictures = total(state, &ChannelStats::frames_sent);
  farewell.bytes = total(state, &ShardStats::bytes_sent);
  farewell.skipped = total(state, &ChannelStats::frames_skipped);
  for (const ShardCounter counter :
       {&ShardStats::refused_full, &ShardStats::refused_address, &ShardStats::refused_wire,
        &ShardStats::refused_connections, &ShardStats::refused_bodies,
        &ShardStats::refused_descriptors}) {
    farewell.refused += total(state, counter);
  }
  return farewell;
}

std::string farewell_text(const Farewell& farewell) {
  std::string text = fmt::format("stopped after {}: {} viewer{}", uptime_text(farewell.uptime),
                                 farewell.viewers, farewell.viewers == 1 ? "" : "s");
  if (farewell.viewers > 1) text += fmt::format(", at most {} at once", farewell.most);
  text += fmt::format("; {} picture{}, {} sent", farewell.pictures,
                      farewell.pictures == 1 ? "" : "s", bytes_text(farewell.bytes));
  if (farewell.skipped > 0) text += fmt::format("; {} skipped for slow viewers", farewell.skipped);
  if (farewell.refused > 0) text += fmt::format("; {} refused (503)", farewell.refused);
  return text;
}

}  // namespace fanlight
