// SPDX-License-Identifier: Apache-2.0
#include "http/answer/reply.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "core/ascii.h"
#include "http/answer/access.h"
#include "http/answer/admit.h"
#include "http/page/error_page.h"
#include "http/protocol/exchange.h"

namespace fanlight {
namespace {

// Room for the head of an error, before its text.
constexpr size_t kErrorHeadBytesMax = 1024;
static_assert(kErrorHeadBytesMax + ErrorPage::kBeginBytesMax + ErrorPage::kEndBytesMax <=
              Exchange::kOutputSize);

// Errors after which the start of the next request is uncertain.
bool leaves_framing_in_doubt(int status) {
  constexpr std::array kStatuses = {400, 408, 413, 414, 431, 501, 505};
  return std::find(kStatuses.begin(), kStatuses.end(), status) != kStatuses.end();
}

// What precedes `end`; removes both, or everything if there is no `end`.
std::string_view take_until(std::string_view& text, char end) {
  const size_t size = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return taken;
}

// `q=0` among the parameters: not acceptable (RFC 9110 section 12.4.2).
bool has_zero_weight(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = trimmed(take_until(parameters, ';'));
    if (!starts_with_ignoring_case(parameter, "q=")) continue;
    return parameter.find_first_not_of("0.", 2) == std::string_view::npos;
  }
  return false;
}

// For the list of cameras the format depends on Accept.
ResponseContext report_context(const Call& call, Report report, bool keep_alive) {
  ResponseContext context = call.context(keep_alive);
  context.varies_by_accept = report == Report::cameras_json || report == Report::cameras_page;
  return context;
}

void add_report_fields(const Call& call, ResponseHead& head, Report report, std::string_view type) {
  head.field("Content-Type: {}", type).field("Cache-Control: no-cache");
  if (report == Report::cameras_page) add_page_fields(head, call.services.state.pages.all_policy());
  if (report == Report::viewers_page) {
    add_page_fields(head, call.services.state.list_pages.policy());
  }
}

}  // namespace

std::string_view allowed_methods(const Call& call) noexcept {
  const bool may_patch =
      call.route.resource == Resource::controls && call.services.state.config.allow_control;
  if (may_patch) return "GET, HEAD, OPTIONS, PATCH";
  return call.route.resource == Resource::stream ? "GET, HEAD, OPTIONS, POST"
                                                 : "GET, HEAD, OPTIONS";
}

Reply reply(const Call& call, ResponseHead& head, std::string_view body) noexcept {
  return {.piece = Piece(head.finish(), call.body(body)), .keep_alive = call.request.keep_alive};
}

Reply reply_text(const Call& call, std::string_view type, std::string_view text) noexcept {
  ResponseHead head(call.output, 200, call.context(call.request.keep_alive));
  head.field("Content-Type: {}", type).field("Content-Length: {}", text.size());
  head.field("Cache-Control: no-cache");
  return reply(call, head, text);
}

void add_page_fields(ResponseHead& head, std::string_view policy, std::string_view style) noexcept {
  head.field("Content-Security-Policy: {}{}{}", policy, style.empty() ? "" : " ", style);
  head.field("Referrer-Policy: no-referrer");
}

bool wants_html(const Request& request) noexcept {
  std::string_view ranges = request.accept;
  while (!ranges.empty()) {
    std::string_view range = take_until(ranges, ',');
    const std::string_view type = trimmed(take_until(range, ';'));
    if (equals_ignoring_case(type, "text/html") && !has_zero_weight(range)) return true;
  }
  return false;
}

Reply reply_error(const Call& call, int status, std::string_view reason,
                  int64_t retry_after) noexcept {
  const bool keep_alive = call.request.keep_alive && !leaves_framing_in_doubt(status);
  const ErrorPage& page = call.services.state.error_page;
  const bool html = wants_html(call.request);
  const ErrorWords words{status, reason, call.request.path};
  TextWriter begin(call.output.subspan(kErrorHeadBytesMax, ErrorPage::kBeginBytesMax));
  TextWriter end(call.output.last(ErrorPage::kEndBytesMax));
  if (html) {
    page.write_begin(words, begin);
    page.write_end(words, end);
  } else {
    end.add("{} {}: {}\n", status, status_phrase(status), reason);
  }
  const std::string_view middle = html ? page.middle() : std::string_view();

  ResponseHead head(call.output.first(kErrorHeadBytesMax), status, call.context(keep_alive));
  if (status == 405) head.field("Allow: {}", allowed_methods(call));
  if (status == 426) {
    // RFC 9110 section 15.5.22, RFC 6455 section 4.4.
    head.field("Upgrade: websocket").field("Sec-WebSocket-Version: 13");
  }
  if (status == 429 || status == 503) head.field("Retry-After: {}", retry_after);
  // RFC 7617 section 2.1: browsers send names and passwords in UTF-8.
  if (status == 401) head.field("WWW-Authenticate: Basic realm=\"Fanlight\", charset=\"UTF-8\"");
  head.field("Content-Type: {}; charset=utf-8", html ? "text/html" : "text/plain");
  head.field("Content-Length: {}", begin.size() + middle.size() + end.size());
  head.field("Cache-Control: no-store");
  if (html) add_page_fields(head, page.policy());
  if (call.request.method == Method::head) {
    return {.piece = Piece(head.finish()), .keep_alive = keep_alive};
  }
  // The head is placed to end where the text begins, so that both are one slice.
  const std::string_view fields = head.finish();
  char* const text = call.output.data() + kErrorHeadBytesMax;
  std::copy_backward(fields.begin(), fields.end(), text);
  return {.piece = Piece({text - fields.size(), fields.size() + begin.size()}, middle, end.view()),
          .keep_alive = keep_alive};
}

Reply reply_redirect(const Call& call) noexcept {
  constexpr size_t kSlashesMax = 64, kQueryBytesMax = 1024;
  const std::string_view path = call.request.path;
  const size_t slashes = path.size() - (path.find_last_not_of('/') + 1);
  if (slashes > kSlashesMax) return reply_error(call, 404, "there is nothing here");
  std::string_view query = call.request.query;
  if (query.size() > kQueryBytesMax) query = {};
  const std::string_view name = call.route.names_camera
                                    ? std::string_view(call.services.state.names[call.route.camera])
                                    : std::string_view("cameras");
  // Each trailing slash counts as a folder when a client resolves the reference.
  std::array<char, 3 * kSlashesMax> up;
  for (size_t i = 0; i < 3 * slashes; ++i) up[i] = "../"[i % 3];
  ResponseHead head(call.output, 301, call.context(call.request.keep_alive));
  head.field("Location: {}{}{}{}", std::string_view(up.data(), 3 * slashes), name,
             query.empty() ? "" : "?", query);
  head.field("Content-Length: 0").field("Cache-Control: no-cache");
  return reply(call, head, {});
}

Reply reply_report(const Call& call, Report report, std::string_view type, size_t camera) noexcept {
  if (call.request.method == Method::head) {
    ResponseHead head(call.output, 200, report_context(call, report, call.request.keep_alive));
    add_report_fields(call, head, report, type);
    return reply(call, head, {});
  }
  AddressTable::Entry share;
  const std::string_view refusal = take_share(call, Held::report, share);
  if (!refusal.empty()) return reply_error(call, 503, refusal);
  Body* body = call.services.reports.make(call.services, report, camera, may_see_all(call), share,
                                          call.grant.rights);
  if (body == nullptr) {
    call.services.state.admission.return_share(share, Held::report);
    return reply_error(call, 503, note_no_body(call, Held::report));
  }
  const bool chunked = call.request.minor_version >= 1;
  const bool keep_alive = call.request.keep_alive && chunked;
  ResponseHead head(call.output, 200, report_context(call, report, keep_alive));
  add_report_fields(call, head, report, type);
  if (chunked) head.field("Transfer-Encoding: chunked");
  return {
      .piece = Piece(head.finish()), .keep_alive = keep_alive, .chunked = chunked, .body = body};
}

void add_via(const Call& call, ResponseHead& head) noexcept {
  const CameraPanel* panel = call.services.state.cameras[call.route.camera].panel;
  if (panel == nullptr) return;
  std::array<char, CameraPanel::kViaBytesMax> room;
  const std::string_view via = panel->copy_via(room);
  if (!via.empty()) head.foreign_field("Via", via);
}

}  // namespace fanlight
