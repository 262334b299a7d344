// SPDX-License-Identifier: Apache-2.0
#include "http/answer/web_socket_reply.h"

#include <algorithm>
#include <array>

#include "core/check.h"
#include "core/web_socket/web_socket_key.h"
#include "http/answer/admit.h"
#include "http/answer/authorize.h"
#include "http/answer/host_check.h"
#include "http/answer/stream_parameters.h"
#include "http/delivery/camera_choice.h"
#include "http/protocol/origin.h"

namespace fanlight {
namespace {

// Why the request is not a handshake (section 4.2.1); empty if it is one.
std::string_view why_no_upgrade(const Request& request) {
  if (request.method != Method::get || request.minor_version == 0 ||
      !request.upgrades_to_web_socket) {
    return "this URL requires a WebSocket";
  }
  return request.web_socket_version == "13" ? std::string_view() : "only version 13 is supported";
}

// `cameras=a,b,c`, or `*` for all; without it the camera in the path. Empty, or the error.
std::string_view choose_cameras(const Call& call, CameraChoice& cameras) {
  const CameraNames& names = call.services.state.names;
  const QueryValue wanted = query_value(call.request.query, "cameras");
  if (!wanted.found) {
    if (!names.is_shown(call.route.camera)) return "cameras: this camera is not there";
    cameras.add(call.route.camera);
    return {};
  }
  constexpr std::string_view kTooMany = "cameras: at most 16, each only once";
  if (wanted.value == "*") {
    if (names.next_shown(0) == names.size()) return "cameras: none is there";
    for (size_t i = names.next_shown(0); i < names.size(); i = names.next_shown(i + 1)) {
      if (!call.grant.rights.may(Right::watch, i)) continue;
      if (!cameras.add(i)) return kTooMany;
    }
    return {};
  }
  std::string_view rest = wanted.value;
  while (true) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::optional<size_t> named = names.find(rest.substr(0, comma));
    if (!named) return "cameras: must be names separated by commas, or *";
    if (!cameras.add(*named)) return kTooMany;
    if (comma == rest.size()) return {};
    rest.remove_prefix(comma + 1);
  }
}

// What the wire must carry: the newest frames of all cameras together, or updates of them.
size_t frame_bytes_of(const Call& call, const CameraChoice& cameras, bool updates) {
  size_t bytes = 0;
  for (const uint16_t camera : cameras.all()) {
    Channel& channel = call.services.channel(camera);
    const size_t update = updates ? channel.updates().mean_bytes() : 0;
    bytes += update > 0 ? update : frame_bytes_of(channel);
  }
  return bytes;
}

// Also false if there is none: of all cameras, the client may watch none.
bool may_watch_all(const Call& call, const CameraChoice& cameras) {
  const auto all = cameras.all();
  return !all.empty() && std::all_of(all.begin(), all.end(), [&](uint16_t camera) {
    return call.grant.rights.may(Right::watch, camera);
  });
}

}  // namespace

Answer reply_web_socket(const Call& call) noexcept {
  const Request& request = call.request;
  const std::string_view why_not = why_no_upgrade(request);
  if (!why_not.empty()) return reply_error(call, 426, why_not);
  if (!is_web_socket_key(request.web_socket_key)) {
    return reply_error(call, 400, "malformed Sec-WebSocket-Key");
  }
  if (!may_read(request.origin, requested_host(call), call.services.state.config.cors_origins)) {
    return reply_error(call, 403, "this origin is not allowed (--cors-origin)");
  }
  StreamParameters parameters;
  const std::string_view wrong = parse_parameters(request.query, parameters);
  if (!wrong.empty()) return reply_error(call, 400, wrong);

  OpenWebSocket answer;
  const std::string_view wrong_cameras = choose_cameras(call, answer.cameras);
  if (!wrong_cameras.empty()) return reply_error(call, 400, wrong_cameras);
  if (!may_watch_all(call, answer.cameras)) {
    return reply_forbidden(call, "the right to watch one of these cameras is missing");
  }
  if (const auto refusal = limit_rate(call, parameters)) return *refusal;
  const std::string_view full = take_place(
      call, frame_bytes_of(call, answer.cameras, parameters.segments), parameters.fps, answer.seat);
  if (!full.empty()) return reply_error(call, 503, full);

  answer.seat.end_at(call.grant.ends);
  answer.options.paced = answer.seat.place.paced;
  answer.options.updates = parameters.segments;
  answer.options.pinned = true;  // its page scales the pictures, and knows their size
  answer.options.interval = parameters.interval();

  const std::array<char, 28> accept = web_socket_accept(request.web_socket_key);
  ResponseHead head(call.output, 101, call.context(true));
  head.field("Connection: Upgrade").field("Upgrade: websocket");
  head.field("Sec-WebSocket-Accept: {}", std::string_view(accept.data(), accept.size()));
  add_via(call, head);
  answer.head = Piece(head.finish());
  return answer;
}

}  // namespace fanlight
