// SPDX-License-Identifier: Apache-2.0
#include "http/answer/dispatch.h"

#include <array>

#include "core/check.h"
#include "http/answer/access.h"
#include "http/answer/authorize.h"
#include "http/answer/call.h"
#include "http/answer/control.h"
#include "http/answer/frame_reply.h"
#include "http/answer/history_reply.h"
#include "http/answer/host_check.h"
#include "http/answer/mjpg_streamer.h"
#include "http/answer/page_reply.h"
#include "http/answer/reply.h"
#include "http/answer/snapshot_reply.h"
#include "http/answer/stream_parameters.h"
#include "http/answer/stream_reply.h"
#include "http/answer/summary_reply.h"
#include "http/answer/table_reply.h"
#include "http/answer/web_socket_reply.h"
#include "http/report/health.h"

namespace fanlight {
namespace {

Reply reply_options(const Call& call) {
  ResponseHead head(call.output, 204, call.context(call.request.keep_alive));
  head.field("Allow: {}", allowed_methods(call));
  if (!call.services.state.config.cors_origins.empty()) {
    head.field("Access-Control-Allow-Methods: {}", allowed_methods(call));
    // With credentials the asterisk is just another name, and it never includes Authorization.
    head.field(
        "Access-Control-Allow-Headers: *, Authorization, Cache-Control, Content-Type, "
        "If-None-Match, Range, X-Requested-With");
  }
  return reply(call, head, {});
}

Reply reply_health(const Call& call) {
  std::array<char, kHealthReasonBytesMax> room;
  const std::string_view reason = why_unhealthy(call.services, room);
  if (!reason.empty()) return reply_error(call, 503, reason);
  return reply_text(call, "text/plain; charset=utf-8", "ok\n");
}

Reply reply_readiness(const Call& call) {
  std::array<char, kHealthReasonBytesMax> room;
  const std::string_view reason = why_not_ready(call.services, room);
  if (!reason.empty()) return reply_error(call, 503, reason);
  return reply_text(call, "text/plain; charset=utf-8", "ok\n");
}

Reply reply_viewers(const Call& call) {
  if (!may_see_all(call)) {
    return reply_error(call, 403,
                       "viewers are listed only for this machine, --admin-listen, and who may see "
                       "the state (--auth-file)");
  }
  return reply_report(call, Report::viewers_page, "text/html; charset=utf-8", 0);
}

Reply reply_cameras(const Call& call) {
  // A browser requests text/html; other clients get JSON.
  if (wants_html(call.request)) {
    return reply_report(call, Report::cameras_page, "text/html; charset=utf-8", 0);
  }
  return reply_report(call, Report::cameras_json, "application/json", 0);
}

bool takes_parameters(Resource resource) {
  return resource == Resource::stream || resource == Resource::snapshot ||
         resource == Resource::clip;
}

// The answer of each resource to GET and HEAD.
Answer reply_get(const Call& call) {
  const Route& route = call.route;
  StreamParameters parameters;
  if (takes_parameters(route.resource)) {
    const std::string_view wrong = parse_parameters(call.request.query, parameters);
    if (!wrong.empty()) return reply_error(call, 400, wrong);
    if (const auto refusal = limit_rate(call, parameters)) return *refusal;
  }
  switch (route.resource) {
    case Resource::page:
      return reply_camera_page(call);
    case Resource::stream:
      return reply_stream(call, parameters);
    case Resource::snapshot:
      return reply_snapshot(call, parameters);
    case Resource::clip:
      return reply_clip(call, parameters);
    case Resource::frame:
      return reply_frame(call);
    case Resource::next_frame:
      return reply_next_frame(call);
    case Resource::latest_frame:
      return reply_latest_frame(call);
    case Resource::web_socket:
      return reply_web_socket(call);
    case Resource::cameras:
      return reply_cameras(call);
    case Resource::redirect:
      return reply_redirect(call);
    case Resource::favicon:
      return reply_favicon(call);
    case Resource::viewer_js:
      return reply_viewer_module(call);
    case Resource::stock_table:
      return reply_table(call);
    case Resource::viewers:
      return reply_viewers(call);
    case Resource::controls:
      return reply_report(call, Report::controls, "application/json", route.camera);
    case Resource::state:
      return reply_report(call, Report::ustreamer_state, "application/json", route.camera);
    case Resource::api_state:
      return reply_report(call, Report::state, "application/json", 0);
    case Resource::api_summary:
      return reply_summary(call);
    case Resource::metrics:
      return reply_report(call, Report::metrics, "text/plain; version=0.0.4; charset=utf-8", 0);
    case Resource::healthz:
      return reply_health(call);
    case Resource::readyz:
      return reply_readiness(call);
    case Resource::mjpg_command:
      return reply_mjpg_command(call);
    case Resource::mjpg_input:
      return reply_mjpg_input(call);
    case Resource::mjpg_output:
      return reply_mjpg_output(call);
    case Resource::mjpg_program:
      return reply_report(call, Report::mjpg_program, "application/json", 0);
    case Resource::none:
      break;
  }
  CHECK(false && "every resource is answered");
}

Reply reply_not_allowed(const Call& call) {
  const std::string_view allowed = allowed_methods(call);
  if (allowed.ends_with("PATCH")) {
    return reply_error(call, 405, "only GET, HEAD, OPTIONS and PATCH are allowed");
  }
  if (allowed.ends_with("POST")) {
    return reply_error(call, 405, "only GET, HEAD, OPTIONS and POST are allowed");
  }
  return reply_error(call, 405, "only GET, HEAD and OPTIONS are allowed");
}

// Decides only once about a request that waits for a frame. A preflight request has no credentials
// (Fetch standard, section 4.8), and learns nothing.
std::optional<Answer> grant(Call& call, Exchange& exchange) {
  if (exchange.grant) {
    call.grant = *exchange.grant;
    if (call.waited != Waited::no) return {};
  } else if (auto instead = authorize(call)) {
    return instead;
  }
  exchange.grant = call.grant;
  if (const auto refusal = refuse_forbidden(call)) return *refusal;
  return {};
}

}  // namespace

Reply answer_error(ShardServices& services, int status, std::string_view reason, Request request,
                   std::span<char> output) noexcept {
  request.keep_alive = false;
  return reply_error({.services = services, .request = request, .output = output}, status, reason);
}

Route route_of(ShardServices& services, const Request& request) noexcept {
  return find_route(request.path, request.query, services.state.names);
}

bool wants_body(ShardServices& services, const Request& request, const Route& route) noexcept {
  return request.method == Method::patch && services.state.config.allow_control &&
         request.content_length <= ControlRequest::kBodyBytesMax &&
         route.resource == Resource::controls;
}

Answer answer_request(ShardServices& services, const ClientSocket& client, Exchange& exchange,
                      Waited waited) noexcept {
  const Request& request = exchange.request();
  Call call{.services = services,
            .request = request,
            .output = exchange.output(),
            .fd = client.fd,
            .now = services.now(),
            .waited = waited,
            .route = exchange.route,
            .by_admin_listener = client.by_admin_listener,
            .connection_id = client.id,
            .by_local_listener = client.by_local_listener};
  const Route& route = call.route;
  if (const auto host = foreign_host(call)) return reply_misdirected(call, *host);
  if (request.method == Method::options) return reply_options(call);
  if (const auto instead = grant(call, exchange)) return *instead;
  if (request.method == Method::connect) return reply_not_allowed(call);
  if (route.resource == Resource::none) return reply_error(call, 404, "there is nothing here");
  switch (request.method) {
    case Method::get:
    case Method::head:
      return reply_get(call);
    case Method::post:
      if (route.resource == Resource::stream) return reply_get(call);
      return reply_not_allowed(call);
    case Method::patch:
      if (route.resource == Resource::controls) return reply_control(call);
      return reply_not_allowed(call);
    default:
      return reply_not_allowed(call);
  }
}

Reply answer_for_camera(ShardServices& services, const ClientSocket& client, Exchange& exchange,
                        int status, std::string_view words) noexcept {
  const Call call{.services = services,
                  .request = exchange.request(),
                  .output = exchange.output(),
                  .fd = client.fd,
                  .route = exchange.route,
                  .grant = exchange.grant.value_or(Grant{})};
  if (status != 200) return reply_error(call, status, words);
  return reply_report(call, Report::controls, "application/json", call.route.camera);
}

Reply answer_for_login(ShardServices& services, const ClientSocket& client, Exchange& exchange,
                       PasswordOutcome outcome) noexcept {
  return reply_login({.services = services,
                      .request = exchange.request(),
                      .output = exchange.output(),
                      .fd = client.fd,
                      .route = exchange.route},
                     outcome);
}

Reply answer_for_body(ShardServices& services, Exchange& exchange, Body& body) noexcept {
  return reply_prepared_table(
      {.services = services, .request = exchange.request(), .output = exchange.output()}, body);
}

}  // namespace fanlight
