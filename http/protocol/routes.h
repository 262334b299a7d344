// SPDX-License-Identifier: Apache-2.0
// Routes: which resource a request target names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/protocol/camera_names.h"
#include "http/protocol/response.h"

namespace fanlight {

enum class Resource : uint8_t {
  none,          // 404
  page,          // / and /cameras/NAME
  favicon,       // /favicon.svg, /favicon.ico
  viewer_js,     // /viewer.js
  cameras,       // /cameras
  redirect,      // /cameras/ and /cameras/NAME/, which are pages without the slash
  controls,      // /cameras/NAME/controls
  stock_table,   // /stock-table
  viewers,       // /viewers
  stream,        // multipart/x-mixed-replace
  snapshot,      // one JPEG
  clip,          // clip.mjpeg, a file with a part of the history
  frame,         // /cameras/NAME/frames/N.jpg and N.update
  next_frame,    // /cameras/NAME/frames/next and next.update
  latest_frame,  // /cameras/NAME/frames/latest.json
  web_socket,    // /ws
  state,         // ustreamer's /state
  api_state,     // /api/v1/state
  api_summary,   // /api/v1/summary
  metrics,       // /metrics
  healthz,
  mjpg_command,  // /?action=command and take
  mjpg_input,    // /input_N.json
  mjpg_output,   // /output_N.json
  mjpg_program,  // /program.json
  readyz,
};

// Which pages may embed it: pictures, the icon and the module are for any.
Embedding embedding_of(Resource resource) noexcept;

struct Route {
  Resource resource = Resource::none;
  size_t camera = 0;           // index of the camera named in the URL
  bool seed_boundary = false;  // boundary `frame` (/video_feed), else `boundarydonotcross`
  bool names_camera = false;   // /cameras/NAME...
  uint64_t frame = 0;          // the number in the URL of a frame
  bool as_update = false;      // the frame as messages like those of a WebSocket
};

// Never fails: an unknown target is Resource::none, and so is one of a camera that is not there.
// `path` is as sent, with two hexadecimal digits after each '%'. Unreserved characters are decoded
// (RFC 3986 section 6.2.2.2), others are not: %2F is no slash. Consecutive slashes count as one, as
// in nginx.
Route find_route(std::string_view path, std::string_view query,
                 const CameraNames& cameras) noexcept;

}  // namespace fanlight
