// SPDX-License-Identifier: Apache-2.0
#include "http/answer/stream_parameters.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bitset>

#include "core/to_number.h"
#include "http/answer/reply.h"
#include "http/delivery/shard_services.h"
#include "http/delivery/viewer.h"
#include "http/protocol/request.h"

namespace fanlight {
namespace {

// Beyond what anybody waits for; another process takes as many (takeover_message.cpp).
constexpr uint64_t kFramesMax = uint64_t{1} << 53;

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
  to.frames = std::min(to_number<uint64_t>(value).value_or(0), kFramesMax);
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

bool take_rung(std::string_view value, StreamParameters& to) {
  to.rung = to_number<uint8_t>(value).value_or(0);
  return to_number<uint8_t>(value).has_value();
}

bool take_size(std::string_view value, StreamParameters& to) {
  const size_t middle = value.find('x');
  if (middle == value.npos) return false;
  to.size_width = to_number<uint16_t>(value.substr(0, middle)).value_or(0);
  to.size_height = to_number<uint16_t>(value.substr(middle + 1)).value_or(0);
  return to.size_width > 0 && to.size_height > 0;
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
    Parameter{"rung", take_rung, "rung: must be a whole number from 0 to 255, given once"},
    Parameter{"segments", take_segments, "segments: must be 0 or 1, given once"},
    Parameter{"size", take_size, "size: must be WIDTHxHEIGHT in pixels, as 640x360, given once"},
    Parameter{"to", take_moment<&StreamParameters::to>,
              "to: must be seconds before now, as -10s, or 0s, given once"},
    Parameter{"zero_data", take_zero_data, "zero_data: must be 0 or 1, given once"},
};

// Of its newest frame, or of those to come; 0x0 while that is not known.
struct RungSize {
  explicit RungSize(const FrameRing& ring)
      : width(ring.stats().width.value()), height(ring.stats().height.value()) {}
  bool is_known() const { return width > 0 && height > 0; }
  uint64_t width;
  uint64_t height;
};

Reply refuse_rung(const Call& call, Channel& top, std::string_view what) {
  std::array<char, 192> room;
  char* end = fmt::format_to_n(room.data(), room.size(), "{}; there are", what).out;
  for (Channel* each = &top; each != nullptr; each = each->below()) {
    const RungSize size(each->ring());
    const auto left = static_cast<size_t>(room.data() + room.size() - end);
    end = fmt::format_to_n(end, left, "{} {}: {}x{}", each->rung() == 0 ? "" : ",", each->rung(),
                           size.width, size.height)
              .out;
  }
  return reply_error(call, 404, {room.data(), static_cast<size_t>(end - room.data())});
}

}  // namespace

Duration StreamParameters::interval() const noexcept {
  return fps > 0 ? std::min<Duration>(from_seconds(1 / fps), ViewerOptions::kIntervalMax)
                 : Duration(0);
}

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
  if (parameters.rung >= 0 && parameters.size_width > 0) return "rung, size: give one of them";
  if (parameters.is_pinned() && (parameters.at || parameters.from)) {
    return kHistoryIsOfRungZero;
  }
  return {};
}

std::variant<Channel*, Reply> choose_rung(const Call& call,
                                          const StreamParameters& parameters) noexcept {
  Channel& top = call.services.channel(call.route.camera);
  if (!parameters.is_pinned()) return &top;
  for (Channel* each = &top; each != nullptr; each = each->below()) {
    if (parameters.rung >= 0) {
      if (each->rung() == static_cast<size_t>(parameters.rung)) return each;
      continue;
    }
    const RungSize size(each->ring());
    if (!size.is_known()) {
      return reply_error(call, 503, "the size of the pictures is not known yet");
    }
    if (size.width <= parameters.size_width && size.height <= parameters.size_height) return each;
  }
  return refuse_rung(call, top,
                     parameters.rung >= 0 ? "there is no such rung" : "no rung is that small");
}

}  // namespace fanlight
