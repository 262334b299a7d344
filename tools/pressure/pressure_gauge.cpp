// SPDX-License-Identifier: Apache-2.0
#include "tools/pressure/pressure_gauge.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "core/to_number.h"

namespace fanlight {
namespace {

constexpr const char* kThrottled = "/sys/devices/platform/soc/soc:firmware/get_throttled";
constexpr uint64_t kSlowedDown = 0xe;  // bits 1 to 3
// More than any machine has; the numbers have no gaps worth mentioning.
constexpr int kZonesMax = 64;
constexpr int kTripsMax = 16;

using Room = std::array<char, 4096>;

Fd open_file(const std::string& path) {
  return Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

// The beginning of the file; empty if it cannot be read.
std::string_view read_file(const Fd& file, Room& room) noexcept {
  if (!file) return {};
  const ssize_t size = ::pread(file.get(), room.data(), room.size(), 0);
  return {room.data(), size <= 0 ? 0 : static_cast<size_t>(size)};
}

std::string_view read_path(const std::string& path, Room& room) {
  return read_file(open_file(path), room);
}

// The next word of the line, and removes it.
std::string_view take_word(std::string_view& text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \n"));
  text.remove_prefix(word.size());
  return word;
}

std::optional<uint64_t> take_number(std::string_view& text) noexcept {
  return to_number<uint64_t>(take_word(text));
}

// What follows `key` and a space at the beginning of a line.
std::string_view value_of(std::string_view text, std::string_view key) noexcept {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(key) && line.substr(key.size()).starts_with(' ')) {
      return line.substr(key.size() + 1);
    }
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return {};
}

std::string_view first_line(std::string_view text) noexcept {
  return text.substr(0, text.find('\n'));
}

// 0 for everything else.
uint64_t hexadecimal(std::string_view text) noexcept {
  uint64_t value = 0;
  if (text.starts_with("0x")) text.remove_prefix(2);
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return 0;
    value = value << 4 | static_cast<uint64_t>(digit);
  }
  return value;
}

// Of the growth since the last time.
double share(uint64_t used, uint64_t all) noexcept {
  return all == 0 ? 0 : std::clamp(double(used) / double(all), 0.0, 1.0);
}

}  // namespace

PressureGauge::PressureGauge(const std::string& root)
    : machine_(open_file(root + "/proc/stat")), throttled_(open_file(root + kThrottled)) {
  find_cgroup(root);
  find_zones(root);
}

// cgroups(7): `0::PATH` is that of version 2; `max PERIOD` in cpu.max is no limit. A container sees
// its own as the root.
void PressureGauge::find_cgroup(const std::string& root) {
  Room room;
  std::string_view lines = read_path(root + "/proc/self/cgroup", room);
  while (!lines.empty() && !lines.starts_with("0::")) {
    lines.remove_prefix(std::min(first_line(lines).size() + 1, lines.size()));
  }
  if (lines.empty()) return;
  const std::string folder = fmt::format("{}/sys/fs/cgroup{}", root, first_line(lines).substr(3));
  std::string_view limit = read_path(folder + "/cpu.max", room);
  const std::optional<uint64_t> quota = take_number(limit);
  const std::optional<uint64_t> period = take_number(limit);
  if (!quota || !period || *period == 0) return;
  cgroup_ = open_file(folder + "/cpu.stat");
  if (cgroup_) quota_ = double(*quota) / double(*period);
}

void PressureGauge::find_zones(const std::string& root) {
  for (int zone = 0; zone < kZonesMax; ++zone) {
    const std::string folder = fmt::format("{}/sys/class/thermal/thermal_zone{}", root, zone);
    Fd temperature = open_file(folder + "/temp");
    if (!temperature) continue;
    for (int trip = 0; trip < kTripsMax; ++trip) {
      Room room;
      const std::string name = fmt::format("{}/trip_point_{}_", folder, trip);
      if (first_line(read_path(name + "type", room)) != "passive") continue;
      const auto degrees = to_number<uint32_t>(first_line(read_path(name + "temp", room)));
      if (!degrees || *degrees == 0) continue;
      zones_.push_back({std::move(temperature), static_cast<long>(*degrees)});
      break;
    }
  }
}

Pressure PressureGauge::read(Instant now) noexcept {
  return {cpu_share(now), is_hot()};
}

double PressureGauge::cpu_share(Instant now) noexcept {
  const bool is_first = read_at_ == Instant{};
  const double measured = quota_ > 0 ? cgroup_share(now) : machine_share();
  read_at_ = now;
  return is_first ? 0 : measured;
}

// `cpu user nice system idle iowait irq softirq steal ...`, in ticks; guests' are in user's.
double PressureGauge::machine_share() noexcept {
  Room room;
  std::string_view times = value_of(read_file(machine_, room), "cpu");
  constexpr size_t kKinds = 8, kIdle = 3, kWaiting = 4;
  uint64_t used = 0;
  uint64_t all = 0;
  for (size_t kind = 0; kind < kKinds; ++kind) {
    const uint64_t time = take_number(times).value_or(0);
    all += time;
    if (kind != kIdle && kind != kWaiting) used += time;
  }
  const uint64_t used_before = std::exchange(used_before_, used);
  const uint64_t all_before = std::exchange(all_before_, all);
  if (all < all_before || used < used_before) return 0;  // a processor has left
  return share(used - used_before, all - all_before);
}

double PressureGauge::cgroup_share(Instant now) noexcept {
  Room room;
  std::string_view value = value_of(read_file(cgroup_, room), "usage_usec");
  const uint64_t used = take_number(value).value_or(0);
  const double microseconds = to_seconds(now - read_at_) * 1e6 * quota_;
  return share(used - std::exchange(used_before_, used), static_cast<uint64_t>(microseconds));
}

bool PressureGauge::is_hot() const noexcept {
  Room room;
  if ((hexadecimal(first_line(read_file(throttled_, room))) & kSlowedDown) != 0) return true;
  return std::ranges::any_of(zones_, [&](const Zone& zone) {
    const auto degrees = to_number<uint32_t>(first_line(read_file(zone.temperature, room)));
    return degrees && static_cast<long>(*degrees) >= zone.passive;
  });
}

}  // namespace fanlight
