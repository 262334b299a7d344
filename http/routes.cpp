// SPDX-License-Identifier: Apache-2.0
#include "http/routes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "http/request.h"

namespace fanlight {
namespace {

struct FixedRoute {
  std::string_view path;
  Resource resource;
  bool seed_boundary = false;
};

constexpr std::array kFixedRoutes = {
    FixedRoute{"/api/v1/state", Resource::api_state},
    FixedRoute{"/api/v1/summary", Resource::api_summary},
    FixedRoute{"/cameras", Resource::cameras},
    FixedRoute{"/healthz", Resource::healthz},
    FixedRoute{"/metrics", Resource::metrics},
    FixedRoute{"/program.json", Resource::mjpg_program},
    FixedRoute{"/readyz", Resource::readyz},
    FixedRoute{"/snapshot", Resource::snapshot},
    FixedRoute{"/snapshot.jpg", Resource::snapshot},
    FixedRoute{"/state", Resource::state},
    FixedRoute{"/stock-table", Resource::stock_table},
    FixedRoute{"/stream", Resource::stream},
    FixedRoute{"/stream.mjpeg", Resource::stream},
    FixedRoute{"/stream.mjpg", Resource::stream},
    FixedRoute{"/video_feed", Resource::stream, true},
    FixedRoute{"/viewers", Resource::viewers},
    FixedRoute{"/ws", Resource::web_socket},
};
static_assert(std::is_sorted(kFixedRoutes.begin(), kFixedRoutes.end(),
                             [](const auto& a, const auto& b) { return a.path < b.path; }));

// The whole of `text` as a number, or false.
template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// mjpg-streamer's `/?action=stream`; the value is matched by prefix, since its users append `?x=1`
// or `_0`. An action that it does not know either is the page, as there.
Route action_route(std::string_view action, size_t cameras) {
  Route route{Resource::page};
  std::string_view rest;
  if (action.starts_with("stream")) {
    route.resource = Resource::stream;
    rest = action.substr(6);
  } else if (action.starts_with("snapshot")) {
    route.resource = Resource::snapshot;
    rest = action.substr(8);
  } else {
    if (action.starts_with("command") || action.starts_with("take")) {
      route.resource = Resource::mjpg_command;
    }
    return route;
  }
  if (!rest.starts_with('_')) return route;
  rest.remove_prefix(1);
  const size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (!parse_number(rest.substr(0, digits), route.camera) || route.camera >= cameras) return {};
  return route;
}

// As ustreamer reads it: 1 and words; false when it is neither on nor off.
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

std::string_view parse_ustreamer_parameters(std::string_view query, StreamParameters& parameters) {
  if (const QueryValue extra = query_value(query, "extra_headers"); extra.found) {
    if (!parse_switch(extra.value, parameters.ustreamer.extra_headers)) {
      return "extra_headers: 0 or 1 is expected";
    }
  }
  if (const QueryValue zero = query_value(query, "zero_data"); zero.found) {
    if (!parse_switch(zero.value, parameters.ustreamer.zero_data)) {
      return "zero_data: 0 or 1 is expected";
    }
  }
  if (const QueryValue dual = query_value(query, "dual_final_frames"); dual.found) {
    if (!parse_switch(dual.value, parameters.dual_final_frames)) {
      return "dual_final_frames: 0 or 1 is expected";
    }
  }
  if (const QueryValue key = query_value(query, "key"); key.found) {
    if (!is_key(key.value)) return "key: at most 64 letters, digits, '.', '_' and '-' are expected";
    parameters.ustreamer.key = key.value;
  }
  return {};
}

// N of PREFIX_N.SUFFIX; `absent` for PREFIX.SUFFIX; anything else is no number.
std::optional<size_t> number_in(std::string_view path, std::string_view prefix,
                                std::string_view suffix, size_t absent) {
  if (!path.starts_with(prefix) || !path.ends_with(suffix)) return std::nullopt;
  if (path.size() < prefix.size() + suffix.size()) return std::nullopt;
  std::string_view digits = path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
  if (digits.empty()) return absent;
  size_t number = 0;
  if (!digits.starts_with('_') || !parse_number(digits.substr(1), number)) return std::nullopt;
  return number;
}

// mjpg-streamer's files, and the names of webcamXP that it also knows, whose cameras count from 1.
Route mjpg_route(std::string_view path, size_t cameras) {
  struct Numbered {
    std::string_view prefix, suffix;
    Resource resource;
    size_t first, count;
  };
  for (const Numbered& numbered : {Numbered{"/input", ".json", Resource::mjpg_input, 0, cameras},
                                   Numbered{"/output", ".json", Resource::mjpg_output, 0, 1},
                                   Numbered{"/cam", ".jpg", Resource::snapshot, 1, cameras},
                                   Numbered{"/cam", ".mjpg", Resource::stream, 1, cameras}}) {
    const auto number = number_in(path, numbered.prefix, numbered.suffix, numbered.first);
    if (!number || *number < numbered.first) continue;
    const size_t index = *number - numbered.first;
    if (index < numbered.count) return {numbered.resource, index};
  }
  return {};
}

// /cameras/NAME, /cameras/NAME/stream, .../snapshot, .../state, .../controls
Route camera_route(std::string_view rest, std::span<const std::string> cameras) {
  const size_t slash = std::min(rest.find('/'), rest.size());
  const auto named = std::find(cameras.begin(), cameras.end(), rest.substr(0, slash));
  if (named == cameras.end()) return {};
  Route route;
  route.camera = static_cast<size_t>(named - cameras.begin());
  if (slash == rest.size()) {
    route.resource = Resource::page;
    return route;
  }
  const std::string_view leaf = rest.substr(slash + 1);
  if (leaf == "stream") route.resource = Resource::stream;
  if (leaf == "snapshot") route.resource = Resource::snapshot;
  if (leaf == "state") route.resource = Resource::state;
  if (leaf == "controls") route.resource = Resource::controls;
  if (leaf == "ws") route.resource = Resource::web_socket;
  return route;
}

}  // namespace

Route find_route(std::string_view path, std::string_view query,
                 std::span<const std::string> cameras) noexcept {
  if (path == "/") {
    const QueryValue action = query_value(query, "action");
    return action.found ? action_route(action.value, cameras.size()) : Route{Resource::page};
  }
  const auto* fixed =
      std::lower_bound(kFixedRoutes.begin(), kFixedRoutes.end(), path,
                       [](const FixedRoute& route, std::string_view p) { return route.path < p; });
  if (fixed != kFixedRoutes.end() && fixed->path == path) {
    return {fixed->resource, 0, fixed->seed_boundary};
  }
  constexpr std::string_view kCameras = "/cameras/";
  if (path.starts_with(kCameras)) return camera_route(path.substr(kCameras.size()), cameras);
  return mjpg_route(path, cameras.size());
}

std::string_view parse_parameters(std::string_view query, StreamParameters& parameters) noexcept {
  if (const QueryValue fps = query_value(query, "fps"); fps.found) {
    if (!parse_number(fps.value, parameters.fps) || !(parameters.fps > 0) ||
        parameters.fps > 1000) {
      return "fps: a number above 0 and up to 1000 is expected";
    }
  }
  if (const QueryValue frames = query_value(query, "frames"); frames.found) {
    if (!parse_number(frames.value, parameters.frames) || parameters.frames == 0) {
      return "frames: a whole number above 0 is expected";
    }
  }
  if (const QueryValue advance = query_value(query, "advance_headers"); advance.found) {
    bool on = false;
    if (!parse_switch(advance.value, on)) return "advance_headers: 0 or 1 is expected";
    parameters.advance_headers = on ? 1 : 0;
  }
  if (const QueryValue delay = query_value(query, "max_delay"); delay.found) {
    if (!parse_number(delay.value, parameters.max_delay_ms) || parameters.max_delay_ms < 0 ||
        parameters.max_delay_ms > 3'600'000) {
      return "max_delay: milliseconds from 0 to 3600000 are expected";
    }
  }
  return parse_ustreamer_parameters(query, parameters);
}

}  // namespace fanlight
