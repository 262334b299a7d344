// SPDX-License-Identifier: Apache-2.0
#include "http/reply.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "http/client_address.h"

namespace fanlight {
namespace {

// For the text of an error, behind the room for the head.
constexpr size_t kErrorBytesMax = 512;

// Of the cameras one URL has two forms.
ResponseContext report_context(const Call& call, Report report, bool keep_alive) {
  ResponseContext context = call.context(keep_alive);
  context.varies_by_accept = report == Report::cameras_json || report == Report::cameras_page;
  return context;
}

void add_report_fields(const Call& call, ResponseHead& head, Report report, std::string_view type) {
  head.field("Content-Type: {}", type).field("Cache-Control: no-cache");
  if (report == Report::cameras_page) add_page_fields(head, call.shard.state().pages.all_policy());
  if (report == Report::viewers_page) {
    add_page_fields(head, call.shard.state().list_pages.policy());
  }
}

}  // namespace

std::string_view allowed_methods(const Call& call) noexcept {
  const bool may_patch =
      call.route.resource == Resource::controls && call.shard.state().config.allow_control;
  if (may_patch) return "GET, HEAD, OPTIONS, PATCH";
  return call.route.resource == Resource::stream ? "GET, HEAD, OPTIONS, POST"
                                                 : "GET, HEAD, OPTIONS";
}

Answer reply(const Call& call, ResponseHead& head, std::string_view body) noexcept {
  Answer answer;
  answer.keep_alive = call.request.keep_alive;
  answer.piece = Piece(head.finish(), call.body(body));
  return answer;
}

Answer reply_text(const Call& call, std::string_view type, std::string_view text) noexcept {
  ResponseHead head(call.output, 200, call.context(call.request.keep_alive));
  head.field("Content-Type: {}", type).field("Content-Length: {}", text.size());
  head.field("Cache-Control: no-cache");
  return reply(call, head, text);
}

void add_page_fields(ResponseHead& head, std::string_view policy, std::string_view style) noexcept {
  head.field("Content-Security-Policy: {}{}{}", policy, style.empty() ? "" : " ", style);
  head.field("X-Content-Type-Options: nosniff").field("Referrer-Policy: no-referrer");
}

bool wants_html(const Request& request) noexcept {
  return request.accept.find("text/html") != std::string_view::npos;
}

Answer reply_error(const Call& call, int status, std::string_view reason) noexcept {
  const std::span<char> room = call.output.last(kErrorBytesMax);
  const auto result = fmt::format_to_n(room.data(), room.size(), "{} {}: {}\n", status,
                                       status_phrase(status), reason);
  const std::string_view text(room.data(), std::min(result.size, room.size()));
  ResponseHead head(call.output.first(call.output.size() - kErrorBytesMax), status,
                    call.context(false));
  if (status == 405) head.field("Allow: {}", allowed_methods(call));
  if (status == 426) {
    // RFC 9110 section 15.5.22, RFC 6455 section 4.4.
    head.field("Upgrade: websocket").field("Sec-WebSocket-Version: 13");
  }
  if (status == 503) head.field("Retry-After: {}", kRetryAfterSeconds);
  head.field("Content-Type: text/plain; charset=utf-8");
  head.field("Content-Length: {}", text.size()).field("Cache-Control: no-store");
  Answer answer;
  answer.keep_alive = false;
  answer.piece = Piece(head.finish(), call.body(text));
  return answer;
}

Answer reply_report(const Call& call, Report report, std::string_view type,
                    size_t camera) noexcept {
  if (call.request.method == Method::head) {
    ResponseHead head(call.output, 200, report_context(call, report, call.request.keep_alive));
    add_report_fields(call, head, report, type);
    return reply(call, head, {});
  }
  Body* body = call.shard.make_report(report, camera, may_see_addresses(call));
  if (body == nullptr) return reply_error(call, 503, "too many reports are being read");
  const bool chunked = call.request.minor_version >= 1;
  const bool keep_alive = call.request.keep_alive && chunked;
  ResponseHead head(call.output, 200, report_context(call, report, keep_alive));
  add_report_fields(call, head, report, type);
  if (chunked) head.field("Transfer-Encoding: chunked");
  Answer answer;
  answer.keep_alive = keep_alive;
  answer.chunked = chunked;
  answer.piece = Piece(head.finish());
  answer.body = body;
  return answer;
}

void add_via(const Call& call, ResponseHead& head) noexcept {
  const CameraPanel* panel = call.shard.state().cameras[call.route.camera].panel;
  if (panel == nullptr) return;
  std::array<char, CameraPanel::kViaBytesMax> room;
  const std::string_view via = panel->copy_via(room);
  if (!via.empty()) head.foreign_field("Via", via);
}

}  // namespace fanlight
