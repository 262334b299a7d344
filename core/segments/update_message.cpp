// SPDX-License-Identifier: Apache-2.0
#include "core/segments/update_message.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace fanlight {
namespace {

using Json = nlohmann::json;

constexpr int kSideMax = 65535;         // T.81 section B.2.2: 16 bits
constexpr double kSecondsMax = 1e10;    // the year 2286
constexpr std::string_view kNoProblem;  // empty

// The whole number of that name, if it is within the limits.
template <class Number>
bool read_number(const Json& object, const char* name, uint64_t min, uint64_t max, Number& number) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return false;
  const auto value = found->template get<uint64_t>();
  if (value < min || value > max) return false;
  number = static_cast<Number>(value);
  return true;
}

// A double has room for microseconds until 2255.
bool read_timestamp(const Json& object, WallTime& time) {
  const auto found = object.find("timestamp");
  if (found == object.end() || !found->is_number()) return false;
  const auto seconds = found->get<double>();
  if (!(seconds >= 0 && seconds < kSecondsMax)) return false;
  time = WallTime(std::chrono::microseconds(std::llround(seconds * 1e6)));
  return true;
}

bool read_run(const Json& pair, size_t begin, size_t end, SegmentRun& run) {
  if (!pair.is_array() || pair.size() != 2) return false;
  if (!pair[0].is_number_unsigned() || !pair[1].is_number_unsigned()) return false;
  const auto first = pair[0].get<uint64_t>();
  const auto count = pair[1].get<uint64_t>();
  if (first < begin || first >= end || count < 1 || count > end - first) return false;
  run = {static_cast<uint16_t>(first), static_cast<uint16_t>(count)};
  return true;
}

std::string_view read_runs(const Json& object, SegmentUpdate& update) {
  const auto found = object.find("runs");
  if (found == object.end() || !found->is_array()) return "update: no runs";
  size_t begin = 0;  // of the next run, at the earliest
  for (const Json& pair : *found) {
    SegmentRun run;
    if (!read_run(pair, begin, update.grid.count(), run)) {
      return "update: a run is not a pair, is empty, out of the picture, or out of order";
    }
    begin = size_t(run.first) + run.count;
    update.runs.push_back(run);
  }
  return kNoProblem;
}

std::string_view read_grid(const Json& object, SegmentUpdate& update) {
  SegmentGrid& grid = update.grid;
  if (!read_number(object, "width", 1, kSideMax, update.width) ||
      !read_number(object, "height", 1, kSideMax, update.height) ||
      !read_number(object, "segment_width", 1, kSideMax, grid.width) ||
      !read_number(object, "segment_height", 1, kSideMax, grid.height)) {
    return "update: no size";
  }
  grid.columns = (update.width + grid.width - 1) / grid.width;
  grid.rows = (update.height + grid.height - 1) / grid.height;
  return grid.count() <= kSegmentsMax ? kNoProblem : "update: too many segments";
}

std::string_view read_update(const Json& object, UpdateMessage& message) {
  if (!object.is_object()) return "update: not an object";
  SegmentUpdate& update = message.update.emplace();
  if (!read_number(object, "base", 0, message.sequence, update.base)) {
    return "update: no base that precedes the frame";
  }
  if (const auto problem = read_grid(object, update); !problem.empty()) return problem;
  if (const auto problem = read_runs(object, update); !problem.empty()) return problem;
  const bool has_columns =
      read_number(object, "atlas_columns", 0, kSegmentsMax, update.atlas_columns);
  if (!has_columns || (!update.empty() && update.atlas_columns == 0)) {
    return "update: no columns of its atlas";
  }
  return kNoProblem;
}

bool read_text(const Json& value, std::string& text) {
  if (!value.is_string()) return false;
  text = value.get_ref<const std::string&>();
  return true;
}

}  // namespace

size_t SegmentUpdate::count() const {
  return count_in(runs);
}

std::string_view parse_update_message(std::string_view text, UpdateMessage& message) {
  constexpr uint64_t kAny = std::numeric_limits<uint64_t>::max();
  if (text.size() > kUpdateMessageBytesMax) return "longer than any message about a frame";
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return "not a JSON object";
  const auto camera = json.find("camera");
  if (camera == json.end() || !read_text(*camera, message.camera)) return "no camera";
  if (!read_number(json, "sequence", 0, kAny, message.sequence)) return "no sequence";
  if (!read_timestamp(json, message.timestamp)) return "no timestamp";
  message.slate.reset();
  message.update.reset();
  const auto slate = json.find("slate");
  if (slate != json.end() && !read_text(*slate, message.slate.emplace())) {
    return "the slate's reason is not a text";
  }
  const auto update = json.find("update");
  return update == json.end() ? kNoProblem : read_update(*update, message);
}

}  // namespace fanlight
