// SPDX-License-Identifier: Apache-2.0
#include "http/routes.h"

#include <algorithm>
#include <array>
#include <charconv>

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
    FixedRoute{"/cameras", Resource::cameras},
    FixedRoute{"/healthz", Resource::healthz},
    FixedRoute{"/metrics", Resource::metrics},
    FixedRoute{"/readyz", Resource::readyz},
    FixedRoute{"/snapshot", Resource::snapshot},
    FixedRoute{"/snapshot.jpg", Resource::snapshot},
    FixedRoute{"/state", Resource::state},
    FixedRoute{"/stream", Resource::stream},
    FixedRoute{"/stream.mjpeg", Resource::stream},
    FixedRoute{"/stream.mjpg", Resource::stream},
    FixedRoute{"/video_feed", Resource::stream, true},
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
// or `_0`. An action that is neither is the page, as with mjpg-streamer.
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
    return route;
  }
  if (!rest.starts_with('_')) return route;
  rest.remove_prefix(1);
  const size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (!parse_number(rest.substr(0, digits), route.camera) || route.camera >= cameras) return {};
  return route;
}

// /cameras/NAME/stream, .../snapshot, .../state, .../controls
Route camera_route(std::string_view rest, std::span<const std::string> cameras) {
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return {};
  const auto named = std::find(cameras.begin(), cameras.end(), rest.substr(0, slash));
  if (named == cameras.end()) return {};
  Route route;
  route.camera = static_cast<size_t>(named - cameras.begin());
  const std::string_view leaf = rest.substr(slash + 1);
  if (leaf == "stream") route.resource = Resource::stream;
  if (leaf == "snapshot") route.resource = Resource::snapshot;
  if (leaf == "state") route.resource = Resource::state;
  if (leaf == "controls") route.resource = Resource::controls;
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
  return {};
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
    if (advance.value != "0" && advance.value != "1") return "advance_headers: 0 or 1 is expected";
    parameters.advance_headers = advance.value == "1";
  }
  if (const QueryValue delay = query_value(query, "max_delay"); delay.found) {
    if (!parse_number(delay.value, parameters.max_delay_ms) || parameters.max_delay_ms < 0 ||
        parameters.max_delay_ms > 3'600'000) {
      return "max_delay: milliseconds from 0 to 3600000 are expected";
    }
  }
  return {};
}

}  // namespace fanlight
