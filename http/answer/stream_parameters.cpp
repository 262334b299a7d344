// SPDX-License-Identifier: Apache-2.0
#include "http/answer/stream_parameters.h"

#include <algorithm>
#include <array>
#include <bitset>

#include "core/to_number.h"
#include "http/protocol/request.h"

namespace fanlight {
namespace {

// As in ustreamer: 1 and words; false if it is neither on nor off.
bool parse_switch(std::string_view text, bool& on) {
  on = text == "1" || text == "true" || text == "yes";
  return on || text == "0" || text == "false" || text == "no";
}

bool is_key(std::string_view text) {
  return text.size() <= UstreamerOptions::kKeyMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

bool take_fps(std::string_view value, StreamParameters& to) {
  to.fps = to_number<double>(value).value_or(0);
  return to.fps > 0 && to.fps <= 1000;
}

bool take_frames(std::string_view value, StreamParameters& to) {
  to.frames = to_number<uint64_t>(value).value_or(0);
  return to.frames > 0;
}

bool take_advance_headers(std::string_view value, StreamParameters& to) {
  bool on = false;
  if (!parse_switch(value, on)) return false;
  to.advance_headers = on ? 1 : 0;
  return true;
}

bool take_max_delay(std::string_view value, StreamParameters& to) {
  to.max_delay_ms = to_number<int64_t>(value).value_or(-1);
  return to.max_delay_ms >= 0 && to.max_delay_ms <= 3'600'000;
}

bool take_dual_final_frames(std::string_view value, StreamParameters& to) {
  return parse_switch(value, to.dual_final_frames);
}

// Seconds that are not positive, with or without their unit: -2.5s, -2.5, 0s.
template <std::optional<Duration> StreamParameters::*kMember>
bool take_moment(std::string_view value, StreamParameters& to) {
  constexpr double kSecondsMax = 1e6;
  if (value.ends_with('s')) value.remove_suffix(1);
  const std::optional<double> seconds = to_number<double>(value);
  if (!seconds || !(*seconds <= 0 && *seconds >= -kSecondsMax)) return false;
  to.*kMember = from_seconds(-*seconds);
  return true;
}

bool take_extra_headers(std::string_view value, StreamParameters& to) {
  return parse_switch(value, to.ustreamer.extra_headers);
}

bool take_segments(std::string_view value, StreamParameters& to) {
  return parse_switch(value, to.segments);
}

bool take_zero_data(std::string_view value, StreamParameters& to) {
  return parse_switch(value, to.ustreamer.zero_data);
}

bool take_key(std::string_view value, StreamParameters& to) {
  if (!is_key(value)) return false;
  to.ustreamer.key = value;
  return true;
}

// Parsed elsewhere; here it only must not be given twice.
bool leave(std::string_view, StreamParameters&) {
  return true;
}

struct Parameter {
  std::string_view name;
  bool (*take)(std::string_view value, StreamParameters& to);
  std::string_view mistake;
};

constexpr std::array kParameters = {
    Parameter{"action", leave, "action: may be given only once"},
    Parameter{"advance_headers", take_advance_headers,
              "advance_headers: must be 0 or 1, given once"},
    Parameter{"at", take_moment<&StreamParameters::at>,
              "at: must be seconds before now, as -2.5s, given once"},
    Parameter{"cameras", leave, "cameras: may be given only once"},
    Parameter{"dual_final_frames", take_dual_final_frames,
              "dual_final_frames: must be 0 or 1, given once"},
    Parameter{"extra_headers", take_extra_headers, "extra_headers: must be 0 or 1, given once"},
    Parameter{"fps", take_fps, "fps: must be a number above 0, at most 1000, given once"},
    Parameter{"frames", take_frames, "frames: must be a whole number above 0, given once"},
    Parameter{"from", take_moment<&StreamParameters::from>,
              "from: must be seconds before now, as -10s, given once"},
    Parameter{"key", take_key,
              "key: must be at most 64 letters, digits, '.', '_' or '-', given once"},
    Parameter{"max_delay", take_max_delay,
              "max_delay: must be 0 to 3600000 milliseconds, given once"},
    Parameter{"segments", take_segments, "segments: must be 0 or 1, given once"},
    Parameter{"to", take_moment<&StreamParameters::to>,
              "to: must be seconds before now, as -10s, or 0s, given once"},
    Parameter{"zero_data", take_zero_data, "zero_data: must be 0 or 1, given once"},
};

}  // namespace

std::string_view parse_parameters(std::string_view query, StreamParameters& parameters) noexcept {
  std::bitset<kParameters.size()> given;
  while (!query.empty()) {
    const QueryPair pair = take_pair(query);
    const auto* known = std::find_if(kParameters.begin(), kParameters.end(),
                                     [&](const Parameter& p) { return p.name == pair.name; });
    if (known == kParameters.end()) continue;
    const auto index = static_cast<size_t>(known - kParameters.begin());
    if (given[index] || !known->take(pair.value, parameters)) return known->mistake;
    given.set(index);
  }
  return {};
}

}  // namespace fanlight
