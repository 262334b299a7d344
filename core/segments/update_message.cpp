// SPDX-License-Identifier: Apache-2.0
#include "core/segments/update_message.h"

#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

namespace fanlight {
namespace {

using Json = nlohmann::json;

constexpr int kSideMax = 65535;         // T.81 section B.2.2: 16 bits
constexpr double kSecondsMax = 1e10;    // the year 2286
constexpr std::string_view kNoProblem;  // empty

// Of the values that no key here can have: true, null, arrays.
struct Other {};
struct Object {};
using Value = std::variant<Other, Object, uint64_t, double, std::string>;

// An object's values by key; of duplicate keys, the last.
using Members = std::map<std::string, Value, std::less<>>;

// The numbers of "runs", two for each pair.
struct RunsText {
  bool is_there = false;
  bool is_pairs = true;
  size_t in_pair = 0;  // numbers of the pair that is being read
  std::vector<uint64_t> numbers;
};

// Takes the members of a message, and of its update, as they are parsed. A parsed tree would do,
// but the destructor of nlohmann::json allocates and is noexcept: where memory is short, it ends
// the process. The functions are those of nlohmann's SAX interface; false ends the parsing.
class MessageHandler {
 public:
  Members message;
  Members update;
  RunsText runs;
  bool is_object = false;

  bool null() { return take(Other()); }
  bool boolean(bool /*value*/) { return take(Other()); }
  // A negative one: the others are unsigned.
  bool number_integer(int64_t value) { return take(static_cast<double>(value)); }
  bool number_unsigned(uint64_t value) { return take(value); }
  bool number_float(double value, const std::string& /*text*/) { return take(value); }
  bool string(const std::string& value) { return take(value); }
  bool binary(const Json::binary_t& /*value*/) { return take(Other()); }

  bool start_object(size_t /*elements*/) {
    if (depth_ == 0) is_object = true;
    if (depth_ == 1 && is_object && key_ == "update") {
      in_update_ = true;
      update.clear();
      runs = {};
    }
    take(Object());
    ++depth_;
    return true;
  }
  bool start_array(size_t /*elements*/) {
    const bool is_runs = in_update_ && depth_ == 2 && update_key_ == "runs";
    if (in_runs_ && depth_ == 3) {
      runs.in_pair = 0;
    } else {
      take(Other());
    }
    if (is_runs) {
      in_runs_ = true;
      runs = {};
      runs.is_there = true;
    }
    ++depth_;
    return true;
  }
  bool end_object() { return end(); }
  bool end_array() {
    if (in_runs_ && depth_ == 4 && runs.in_pair != 2) runs.is_pairs = false;
    if (depth_ == 3) in_runs_ = false;
    return end();
  }

  bool key(const std::string& name) {
    if (depth_ == 1) key_ = name;
    if (depth_ == 2) update_key_ = name;
    return true;
  }
  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const Json::exception& /*error*/) {
    return false;
  }

 private:
  bool take(Value value) {
    if (in_runs_) {
      take_run(value);
    } else if (in_update_ && depth_ == 2) {
      if (update_key_ == "runs") runs = {};
      update.insert_or_assign(update_key_, std::move(value));
    } else if (is_object && depth_ == 1) {
      message.insert_or_assign(key_, std::move(value));
    }
    return true;
  }
  void take_run(const Value& value) {
    const uint64_t* number = depth_ == 4 ? std::get_if<uint64_t>(&value) : nullptr;
    if (number == nullptr) {
      runs.is_pairs = false;
    } else {
      runs.numbers.push_back(*number);
      ++runs.in_pair;
    }
  }
  bool end() {
    --depth_;
    if (depth_ == 1) in_update_ = false;
    return true;
  }

  int depth_ = 0;  // of arrays and objects
  bool in_update_ = false;
  bool in_runs_ = false;
  std::string key_;
  std::string update_key_;
};

// The whole number of that name, if it is within the limits.
template <class Number>
bool read_number(const Members& members, std::string_view name, uint64_t min, uint64_t max,
                 Number& number) {
  const auto found = members.find(name);
  if (found == members.end()) return false;
  const uint64_t* value = std::get_if<uint64_t>(&found->second);
  if (value == nullptr || *value < min || *value > max) return false;
  number = static_cast<Number>(*value);
  return true;
}

// A double has room for microseconds until 2255.
bool read_timestamp(const Members& members, WallTime& time) {
  const auto found = members.find("timestamp");
  if (found == members.end()) return false;
  double seconds = -1;
  if (const auto* whole = std::get_if<uint64_t>(&found->second)) {
    seconds = static_cast<double>(*whole);
  } else if (const auto* number = std::get_if<double>(&found->second)) {
    seconds = *number;
  }
  if (!(seconds >= 0 && seconds < kSecondsMax)) return false;
  time = WallTime(std::chrono::microseconds(std::llround(seconds * 1e6)));
  return true;
}

bool read_run(uint64_t first, uint64_t count, size_t begin, size_t end, SegmentRun& run) {
  if (first < begin || first >= end || count < 1 || count > end - first) return false;
  run = {static_cast<uint16_t>(first), static_cast<uint16_t>(count)};
  return true;
}

std::string_view read_runs(const RunsText& text, SegmentUpdate& update) {
  constexpr std::string_view kInvalid =
      "update: a run is not a pair, is empty, out of the picture, or out of order";
  if (!text.is_there) return "update: no runs";
  if (!text.is_pairs) return kInvalid;
  size_t begin = 0;  // of the next run, at the earliest
  for (size_t i = 0; i < text.numbers.size(); i += 2) {
    SegmentRun run;
    if (!read_run(text.numbers[i], text.numbers[i + 1], begin, update.grid.count(), run)) {
      return kInvalid;
    }
    begin = size_t(run.first) + run.count;
    update.runs.push_back(run);
  }
  return kNoProblem;
}

std::string_view read_grid(const Members& members, SegmentUpdate& update) {
  SegmentGrid& grid = update.grid;
  if (!read_number(members, "width", 1, kSideMax, update.width) ||
      !read_number(members, "height", 1, kSideMax, update.height) ||
      !read_number(members, "segment_width", 1, kSideMax, grid.width) ||
      !read_number(members, "segment_height", 1, kSideMax, grid.height)) {
    return "update: no size";
  }
  grid.columns = (update.width + grid.width - 1) / grid.width;
  grid.rows = (update.height + grid.height - 1) / grid.height;
  return grid.count() <= kSegmentsMax ? kNoProblem : "update: too many segments";
}

std::string_view read_update(const MessageHandler& reader, UpdateMessage& message) {
  if (!std::holds_alternative<Object>(reader.message.at("update"))) return "update: not an object";
  if (message.slate) return "update: a slate is always whole";
  SegmentUpdate& update = message.update.emplace();
  if (!read_number(reader.update, "base", 0, message.sequence, update.base)) {
    return "update: no base that precedes the frame";
  }
  if (const auto problem = read_grid(reader.update, update); !problem.empty()) return problem;
  if (const auto problem = read_runs(reader.runs, update); !problem.empty()) return problem;
  const bool has_columns =
      read_number(reader.update, "atlas_columns", 0, kSegmentsMax, update.atlas_columns);
  if (!has_columns || (!update.empty() && update.atlas_columns == 0)) {
    return "update: no columns of its atlas";
  }
  return kNoProblem;
}

bool read_text(const Value& value, std::string& text) {
  const auto* found = std::get_if<std::string>(&value);
  if (found != nullptr) text = *found;
  return found != nullptr;
}

}  // namespace

size_t SegmentUpdate::count() const {
  return count_in(runs);
}

std::string_view parse_update_message(std::string_view text, UpdateMessage& message) {
  constexpr uint64_t kAny = std::numeric_limits<uint64_t>::max();
  if (text.size() > kUpdateMessageBytesMax) return "longer than any message about a frame";
  MessageHandler reader;
  if (!Json::sax_parse(text, &reader) || !reader.is_object) return "not a JSON object";
  const Members& members = reader.message;
  const auto camera = members.find("camera");
  if (camera == members.end() || !read_text(camera->second, message.camera)) return "no camera";
  if (!read_number(members, "sequence", 0, kAny, message.sequence)) return "no sequence";
  if (!read_timestamp(members, message.timestamp)) return "no timestamp";
  message.slate.reset();
  message.update.reset();
  const auto slate = members.find("slate");
  if (slate != members.end() && !read_text(slate->second, message.slate.emplace())) {
    return "the slate's reason is not a text";
  }
  return members.contains("update") ? read_update(reader, message) : kNoProblem;
}

}  // namespace fanlight
