// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_result.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "tools/load/status_text.h"

namespace fanlight {

Percentiles percentiles_of(const LatencyHistogram& histogram) {
  return {histogram.percentile_ms(0.5), histogram.percentile_ms(0.95),
          histogram.percentile_ms(0.99), histogram.max_ms()};
}

std::optional<Spread> spread_of(std::vector<uint64_t> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const size_t count = values.size();
  Spread spread;
  spread.min = values.front();
  spread.max = values.back();
  spread.p5 = values[(count * 5 + 99) / 100 - 1];
  spread.median =
      (static_cast<double>(values[(count - 1) / 2]) + static_cast<double>(values[count / 2])) / 2;
  double sum = 0;
  double squares = 0;
  for (const uint64_t value : values) {
    const auto x = static_cast<double>(value);
    sum += x;
    squares += x * x;
  }
  spread.mean = sum / static_cast<double>(count);
  if (squares > 0) spread.jain = sum * sum / (static_cast<double>(count) * squares);
  return spread;
}

std::optional<double> KindResult::loss() const {
  if (frames_sum + gaps == 0) return std::nullopt;
  return static_cast<double>(gaps) / static_cast<double>(frames_sum + gaps);
}

std::optional<double> LoadResult::per_frame_us(double cpu_s) const {
  if (frames == 0) return std::nullopt;
  return cpu_s * 1e6 / static_cast<double>(frames);
}

bool LoadResult::is_clean() const {
  const bool is_broken = segments && segments->broken > 0;
  return torn == 0 && falling == 0 && disconnected == 0 && never == 0 && !is_broken;
}

std::string LoadResult::complaint() const {
  if (is_clean()) return {};
  std::string out;
  const auto add = [&out](uint64_t count, std::string_view what) {
    if (count > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, what);
  };
  add(torn, "torn frames");
  add(falling, "falling sequences");
  if (segments) add(segments->broken, fmt::format("broken updates ({})", segments->problem));
  add(disconnected, "viewers disconnected");
  add(never, "viewers without a frame");
  add(connect_errors, "connects failed");
  for (const auto& [status, count] : statuses) {
    add(count, fmt::format("answers {}{}", status_text(status),
                           status == 404 ? " (is the path right?)" : ""));
  }
  add(not_multipart, "answers that are not a multipart stream (is the path right?)");
  return out;
}

}  // namespace fanlight
