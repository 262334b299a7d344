// SPDX-License-Identifier: Apache-2.0
#include "http/answer/control.h"

#include "core/ascii.h"
#include "core/check.h"
#include "http/answer/host_check.h"
#include "http/protocol/origin.h"

namespace fanlight {

int status_of(ControlOutcome outcome) noexcept {
  switch (outcome) {
    case ControlOutcome::done:
      return 200;
    case ControlOutcome::malformed:
      return 400;
    case ControlOutcome::refused:
      return 409;
    case ControlOutcome::unavailable:
      return 503;
  }
  CHECK(false);
}

bool is_json(std::string_view content_type) noexcept {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return equals_ignoring_case(trimmed(type), "application/json");
}

Answer reply_control(const Call& call) noexcept {
  const Request& request = call.request;
  const ServerConfig& config = call.services.state.config;
  if (!config.allow_control) {
    return reply_error(call, 405, "changing controls requires --allow-control");
  }
  if (!request.origin.empty() &&
      !may_change(request.origin, requested_host(call), config.cors_origins)) {
    return reply_error(call, 403, "this origin is not allowed (--cors-origin)");
  }
  if (!is_json(request.content_type)) {
    return reply_error(call, 415, "Content-Type must be application/json");
  }
  if (request.content_length > ControlRequest::kBodyBytesMax) {
    return reply_error(call, 413, "at most 2048 bytes are allowed");
  }
  if (request.content_length == 0) {
    return reply_error(call, 400, "expected an object of controls and their values");
  }
  // Controls have no entity tag, so a condition on one is false (RFC 9110 section 13.1.1).
  if (request.if_match.given() && !request.if_match.match_strongly({})) {
    return reply_error(call, 412, "controls have no ETag");
  }
  CHECK(request.body.size() == request.content_length);
  CameraPanel* panel = call.services.state.cameras[call.route.camera].panel;
  if (panel == nullptr) return reply_error(call, 503, "this camera accepts no requests");
  return AwaitCamera{panel, call.client()};
}

}  // namespace fanlight
