// SPDX-License-Identifier: Apache-2.0
#include "http/reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fanlight {
namespace {

// For the text of an error, behind the room for the head.
constexpr size_t kErrorBytesMax = 512;

void add_report_fields(ResponseHead& head, Report report, std::string_view type) {
  head.field("Content-Type: {}", type).field("Cache-Control: no-cache");
  // One URL, two forms (RFC 9110 section 12.5.5).
  if (report == Report::cameras_json || report == Report::cameras_page) head.field("Vary: Accept");
}

}  // namespace

std::string_view allowed_methods(const Call& call) noexcept {
  const bool may_patch =
      call.route.resource == Resource::controls && call.shard.state().config.allow_control;
  return may_patch ? "GET, HEAD, OPTIONS, PATCH" : "GET, HEAD, OPTIONS";
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

Answer reply_error(const Call& call, int status, std::string_view reason) noexcept {
  const std::span<char> room = call.output.last(kErrorBytesMax);
  const auto result = fmt::format_to_n(room.data(), room.size(), "{} {}: {}\n", status,
                                       status_phrase(status), reason);
  const std::string_view text(room.data(), std::min(result.size, room.size()));
  ResponseHead head(call.output.first(call.output.size() - kErrorBytesMax), status,
                    call.context(false));
  if (status == 405) head.field("Allow: {}", allowed_methods(call));
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
    ResponseHead head(call.output, 200, call.context(call.request.keep_alive));
    add_report_fields(head, report, type);
    return reply(call, head, {});
  }
  Body* body = call.shard.make_report(report, camera);
  if (body == nullptr) return reply_error(call, 503, "too many reports are being read");
  const bool chunked = call.request.minor_version >= 1;
  const bool keep_alive = call.request.keep_alive && chunked;
  ResponseHead head(call.output, 200, call.context(keep_alive));
  add_report_fields(head, report, type);
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
  if (!via.empty()) head.field("Via: {}", via);
}

}  // namespace fanlight
