// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/routes.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/to_number.h"
#include "http/protocol/request.h"

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
    FixedRoute{"/clip.mjpeg", Resource::clip},
    FixedRoute{"/favicon.ico", Resource::favicon},
    FixedRoute{"/favicon.svg", Resource::favicon},
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
    FixedRoute{"/viewer.js", Resource::viewer_js},
    FixedRoute{"/viewers", Resource::viewers},
    FixedRoute{"/ws", Resource::web_socket},
};
static_assert(std::is_sorted(kFixedRoutes.begin(), kFixedRoutes.end(),
                             [](const auto& a, const auto& b) { return a.path < b.path; }));

// mjpg-streamer's `/?action=stream`; the value is matched by prefix, since its users append `?x=1`
// or `_0`. As in mjpg-streamer, an unknown action is the page.
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
  const std::optional<size_t> camera = to_number<size_t>(rest.substr(0, digits));
  if (!camera || *camera >= cameras) return {};
  route.camera = *camera;
  return route;
}

// N of PREFIX_N.SUFFIX; `absent` for PREFIX.SUFFIX; nullopt for anything else.
std::optional<size_t> number_in(std::string_view path, std::string_view prefix,
                                std::string_view suffix, size_t absent) {
  if (!path.starts_with(prefix) || !path.ends_with(suffix)) return std::nullopt;
  if (path.size() < prefix.size() + suffix.size()) return std::nullopt;
  const std::string_view digits =
      path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
  if (digits.empty()) return absent;
  return digits.starts_with('_') ? to_number<size_t>(digits.substr(1)) : std::nullopt;
}

// mjpg-streamer's files, and the webcamXP names that it also supports, whose cameras count from 1.
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

// Longer than every valid path.
constexpr size_t kPathBytesMax = 128;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return (c | 0x20) - 'a' + 10;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// Empty if it does not fit.
std::string_view normalize(std::string_view path, std::span<char> room) {
  size_t size = 0;
  while (!path.empty()) {
    char c = path[0];
    size_t taken = 1;
    if (c == '%' && path.size() >= 3) {
      const auto decoded = static_cast<char>(hex_value(path[1]) * 16 + hex_value(path[2]));
      if (is_unreserved(decoded)) {
        c = decoded;
        taken = 3;
      }
    }
    path.remove_prefix(taken);
    if (c == '/' && size > 0 && room[size - 1] == '/') continue;
    if (size == room.size()) return {};
    room[size++] = c;
  }
  return {room.data(), size};
}

// Behind /cameras/NAME/frames/. A frame has one URL: no other spelling of its number.
void set_frame_route(Route& route, std::string_view leaf) {
  constexpr std::string_view kJpeg = ".jpg", kUpdate = ".update";
  if (leaf == "latest.json") route.resource = Resource::latest_frame;
  route.as_update = leaf.ends_with(kUpdate);
  if (route.as_update) leaf.remove_suffix(kUpdate.size());
  if (leaf == "next") route.resource = Resource::next_frame;
  if (!route.as_update) {
    if (!leaf.ends_with(kJpeg)) return;
    leaf.remove_suffix(kJpeg.size());
  }
  const auto number = to_number<uint64_t>(leaf);
  if (!number || leaf.starts_with('0')) return;
  route.resource = Resource::frame;
  route.frame = *number;
}

// /cameras/NAME, /cameras/NAME/stream, .../snapshot, .../clip.mjpeg, .../state, .../controls,
// .../frames/...
Route camera_route(std::string_view rest, const CameraNames& cameras) {
  const size_t slash = std::min(rest.find('/'), rest.size());
  const std::optional<size_t> named = cameras.find(rest.substr(0, slash));
  if (!named) return {};
  Route route;
  route.camera = *named;
  route.names_camera = true;
  if (slash == rest.size()) {
    route.resource = Resource::page;
    return route;
  }
  const std::string_view leaf = rest.substr(slash + 1);
  if (leaf == "stream") route.resource = Resource::stream;
  if (leaf == "snapshot") route.resource = Resource::snapshot;
  if (leaf == "clip.mjpeg") route.resource = Resource::clip;
  if (leaf == "state") route.resource = Resource::state;
  if (leaf == "controls") route.resource = Resource::controls;
  if (leaf == "ws") route.resource = Resource::web_socket;
  constexpr std::string_view kFrames = "frames/";
  if (leaf.starts_with(kFrames)) set_frame_route(route, leaf.substr(kFrames.size()));
  return route;
}

// Without the first camera, the page at the root is that of all cameras; and what needs a camera
// that is not there is not there, either.
Route if_shown(const Route& route, const CameraNames& cameras) {
  switch (route.resource) {
    case Resource::page:
      if (!cameras.is_shown(route.camera)) return {Resource::cameras};
      return route;
    case Resource::stream:
    case Resource::snapshot:
    case Resource::clip:
    case Resource::frame:
    case Resource::next_frame:
    case Resource::latest_frame:
    case Resource::state:
    case Resource::controls:
    case Resource::mjpg_command:
    case Resource::mjpg_input:
      return cameras.is_shown(route.camera) ? route : Route{};
    default:
      return route;
  }
}

Route find_normalized(std::string_view path, std::string_view query, const CameraNames& cameras) {
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
  constexpr std::string_view kFrames = "/frames/";
  if (path.starts_with(kFrames)) {
    Route route;
    set_frame_route(route, path.substr(kFrames.size()));
    return route;
  }
  if (path.starts_with(kCameras)) return camera_route(path.substr(kCameras.size()), cameras);
  return mjpg_route(path, cameras.size());
}

}  // namespace

Embedding embedding_of(Resource resource) noexcept {
  switch (resource) {
    case Resource::stream:
    case Resource::snapshot:
    case Resource::clip:
    case Resource::frame:
    case Resource::next_frame:
    case Resource::favicon:
    case Resource::viewer_js:
      return Embedding::any;
    default:
      return Embedding::own;
  }
}

Route find_route(std::string_view raw_path, std::string_view query,
                 const CameraNames& cameras) noexcept {
  std::array<char, kPathBytesMax> room;
  const std::string_view path = normalize(raw_path, room);
  if (!path.starts_with("/cameras/") || !path.ends_with('/')) {
    return if_shown(find_normalized(path, query, cameras), cameras);
  }
  Route route = find_normalized(path.substr(0, path.size() - 1), query, cameras);
  const bool is_page = route.resource == Resource::cameras || route.resource == Resource::page;
  route.resource = is_page ? Resource::redirect : Resource::none;
  return route;
}

}  // namespace fanlight
