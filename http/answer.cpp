// SPDX-License-Identifier: Apache-2.0
#include "http/answer.h"

#include <fmt/format.h>

#include "core/check.h"
#include "http/control.h"
#include "http/page.h"
#include "http/reply.h"

namespace fanlight {
namespace {

Answer reply_options(const Call& call) {
  ResponseHead head(call.output, 204, call.context(call.request.keep_alive));
  head.field("Allow: {}", allowed_methods(call));
  if (!call.shard.state().config.cors_origin.empty()) {
    head.field("Access-Control-Allow-Methods: {}", allowed_methods(call));
    head.field("Access-Control-Allow-Headers: *");
  }
  return reply(call, head, {});
}

// An <img> says `Accept: image/...` and so tells itself from fetch(), ffmpeg and dashboards, which
// say `*/*` and rely on Content-Length.
bool wants_advance_headers(const Request& request, const StreamParameters& parameters) {
  if (parameters.advance_headers >= 0) return parameters.advance_headers == 1;
  return request.accept.size() >= 6 && equals_ignoring_case(request.accept.substr(0, 6), "image/");
}

// Empty when there is a place, which is then taken for `answer`; else why there is none.
std::string_view take_place(const Call& call, const Channel& channel, double fps, Answer& answer) {
  const Frame* frame = channel.newest();
  const size_t frame_bytes = frame == nullptr ? 0 : frame->plain_part().size();
  ShardStats& stats = call.shard.stats();
  const PeerAddress peer = call.shard.reactor().backend().peer_address(call.fd);
  answer.peer_is_local = peer.is_local;
  switch (call.shard.state().admission.admit(peer, frame_bytes, fps, answer.place)) {
    case Verdict::admitted:
      return {};
    case Verdict::full:
      call.shard.note_full();
      return "all places for viewers are taken";
    case Verdict::address_full:
      stats.refused_address.add();
      return "your address has as many streams as one may have";
    case Verdict::wire_full:
      stats.refused_wire.add();
      return "the network bears no more viewers";
  }
  CHECK(false);
}

Answer reply_stream(const Call& call, const StreamParameters& parameters) {
  const Route& route = call.route;
  const bool head_only = call.request.method == Method::head;
  Answer answer;
  Channel& channel = call.shard.channel(route.camera);
  if (!head_only) {
    const std::string_view why_not = take_place(call, channel, parameters.fps, answer);
    if (!why_not.empty()) return reply_error(call, 503, why_not);
  }
  answer.keep_alive = false;
  answer.kind = head_only ? Answer::Kind::reply : Answer::Kind::stream;
  answer.channel = &channel;
  answer.viewer.paced = answer.place.paced;
  answer.viewer.seed_boundary = route.seed_boundary;
  answer.viewer.advance_headers = wants_advance_headers(call.request, parameters);
  answer.viewer.frames = parameters.frames;
  if (parameters.fps > 0) answer.viewer.interval = from_seconds(1 / parameters.fps);

  const std::string_view boundary = route.seed_boundary ? kSeedBoundary : kBoundary;
  ResponseHead head(call.output, 200, call.context(false));
  head.field("Content-Type: multipart/x-mixed-replace; boundary={}", boundary);
  head.field("Cache-Control: no-store, no-cache, must-revalidate, max-age=0");
  head.field("Pragma: no-cache").field("X-Accel-Buffering: no");
  add_via(call, head);
  std::string_view text = head.finish();
  if (head_only) {
    answer.piece = Piece(text);
    return answer;
  }
  // The delimiter before the first part, after which it is the one behind each part that opens
  // the next: kPartDelimiter without its leading CRLF.
  const std::string_view delimiter =
      (route.seed_boundary ? kSeedDelimiter : kPartDelimiter).substr(2);
  const bool advance = answer.viewer.advance_headers;
  answer.piece = Piece(text, delimiter, advance ? kNextPartHead : std::string_view());
  return answer;
}

bool is_lost(const Frame* frame) {
  return frame != nullptr && frame->info().is_slate();
}

// True when the newest frame will not do and a newer one is worth waiting for.
bool must_wait(const Call& call, Channel& channel, const StreamParameters& parameters) {
  const Frame* frame = channel.newest();
  if (frame == nullptr || channel.is_idle()) return true;
  if (is_lost(frame) || parameters.max_delay_ms < 0) return false;
  const Duration age = call.now - frame->info().captured_at;
  return age >= std::chrono::milliseconds(parameters.max_delay_ms);
}

// RFC 9110 section 13.1.2, weak comparison; an entity tag here holds no comma and no quote.
bool matches(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

Answer reply_slate(const Call& call, Channel& channel) {
  const Frame* frame = channel.newest();
  ResponseHead head(call.output, 503, call.context(false));
  head.field("Retry-After: {}", kRetryAfterSeconds).field("Content-Type: image/jpeg");
  head.field("X-Slate: {}", frame->info().slate_reason.view());
  head.field("Content-Length: {}", frame->jpeg().size()).field("Cache-Control: no-store");
  add_via(call, head);
  Answer answer = reply(call, head, frame->jpeg());
  answer.keep_alive = false;
  answer.channel = &channel;
  answer.frame = frame;
  channel.pin(*frame);
  return answer;
}

Answer reply_snapshot(const Call& call, const StreamParameters& parameters) {
  Channel& channel = call.shard.channel(call.route.camera);
  const Frame* frame = channel.newest();
  if (call.waited == Waited::no && must_wait(call, channel, parameters)) {
    Answer answer;
    answer.kind = Answer::Kind::await_frame;
    answer.channel = &channel;
    answer.newer_than = frame == nullptr ? 0 : frame->sequence();
    return answer;
  }
  if (is_lost(frame)) return reply_slate(call, channel);
  if (frame == nullptr || call.waited == Waited::in_vain) {
    return reply_error(call, 503, "the camera gave no picture in time");
  }
  char etag_text[48];
  const int64_t us = frame->info().captured_wall.time_since_epoch().count();
  const auto end =
      fmt::format_to_n(etag_text, sizeof etag_text, "\"{:x}-{:x}\"", frame->sequence(), us).out;
  const std::string_view etag(etag_text, static_cast<size_t>(end - etag_text));
  const bool unchanged = matches(call.request.if_none_match, etag);

  ResponseHead head(call.output, unchanged ? 304 : 200, call.context(call.request.keep_alive));
  head.field("ETag: {}", etag).field("Cache-Control: no-cache");
  head.field("X-Timestamp: {}.{:06}", us / 1'000'000, us % 1'000'000);
  head.field("X-Sequence: {}", frame->sequence());
  add_via(call, head);
  if (unchanged) return reply(call, head, {});
  head.field("Content-Type: image/jpeg").field("Content-Length: {}", frame->jpeg().size());
  Answer answer = reply(call, head, frame->jpeg());
  answer.channel = &channel;
  answer.frame = frame;
  channel.pin(*frame);
  return answer;
}

Answer reply_health(const Call& call) {
  const std::string_view reason = call.shard.why_unhealthy();
  if (!reason.empty()) return reply_error(call, 503, reason);
  return reply_text(call, "text/plain; charset=utf-8", "ok\n");
}

Answer reply_readiness(const Call& call) {
  const std::string_view reason = call.shard.why_not_ready();
  if (!reason.empty()) return reply_error(call, 503, reason);
  return reply_text(call, "text/plain; charset=utf-8", "ok\n");
}

Answer reply_cameras(const Call& call) {
  // A browser asks for text/html, everybody else gets JSON.
  if (call.request.accept.find("text/html") != std::string_view::npos) {
    return reply_report(call, Report::cameras_page, "text/html; charset=utf-8", 0);
  }
  return reply_report(call, Report::cameras_json, "application/json", 0);
}

// What each resource answers to GET and HEAD.
Answer reply_get(const Call& call) {
  const Route& route = call.route;
  StreamParameters parameters;
  if (route.resource == Resource::stream || route.resource == Resource::snapshot) {
    const std::string_view wrong = parse_parameters(call.request.query, parameters);
    if (!wrong.empty()) return reply_error(call, 400, wrong);
  }
  switch (route.resource) {
    case Resource::page:
      return reply_text(call, "text/html; charset=utf-8", page_html());
    case Resource::stream:
      return reply_stream(call, parameters);
    case Resource::snapshot:
      return reply_snapshot(call, parameters);
    case Resource::cameras:
      return reply_cameras(call);
    case Resource::controls:
      return reply_report(call, Report::controls, "application/json", route.camera);
    case Resource::state:
      return reply_report(call, Report::ustreamer_state, "application/json", route.camera);
    case Resource::api_state:
      return reply_report(call, Report::state, "application/json", 0);
    case Resource::metrics:
      return reply_report(call, Report::metrics, "text/plain; version=0.0.4; charset=utf-8", 0);
    case Resource::healthz:
      return reply_health(call);
    case Resource::readyz:
      return reply_readiness(call);
    case Resource::none:
      break;
  }
  CHECK(false && "every resource is answered");
}

Answer reply_not_allowed(const Call& call) {
  const bool may_patch = allowed_methods(call).ends_with("PATCH");
  return reply_error(call, 405,
                     may_patch ? "only GET, HEAD, OPTIONS and PATCH are allowed"
                               : "only GET, HEAD and OPTIONS are allowed");
}

Route route_of(Shard& shard, const Request& request) {
  return find_route(request.path, request.query, shard.state().camera_names);
}

}  // namespace

Answer answer_error(Shard& shard, int status, std::string_view reason, int minor_version,
                    std::span<char> output) noexcept {
  Request request;
  request.method = Method::get;
  request.minor_version = minor_version;
  return reply_error(Call{shard, -1, request, output, {}, Waited::no}, status, reason);
}

bool wants_body(Shard& shard, const Request& request) noexcept {
  return request.method == Method::patch && shard.state().config.allow_control &&
         request.content_length <= ControlRequest::kBodyBytesMax &&
         route_of(shard, request).resource == Resource::controls;
}

Answer answer_request(Shard& shard, int fd, const Request& request, std::span<char> output,
                      Instant now, Waited waited) noexcept {
  const Route route = route_of(shard, request);
  const Call call{shard, fd, request, output, now, waited, route};
  if (request.method == Method::options) return reply_options(call);
  if (route.resource == Resource::none) return reply_error(call, 404, "there is nothing here");
  switch (request.method) {
    case Method::get:
    case Method::head:
      return reply_get(call);
    case Method::patch:
      if (route.resource == Resource::controls) return reply_control(call);
      return reply_not_allowed(call);
    default:
      return reply_not_allowed(call);
  }
}

Answer answer_for_camera(Shard& shard, const Request& request, std::span<char> output, int status,
                         std::string_view words) noexcept {
  const Route route = route_of(shard, request);
  const Call call{shard, -1, request, output, {}, Waited::no, route};
  if (status != 200) return reply_error(call, status, words);
  return reply_report(call, Report::controls, "application/json", route.camera);
}

}  // namespace fanlight
