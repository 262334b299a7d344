// SPDX-License-Identifier: Apache-2.0
#include "http/answer/page_reply.h"

#include <algorithm>

#include "core/check.h"
#include "http/page/page_text.h"
#include "http/protocol/origin.h"

namespace fanlight {

Reply reply_camera_page(const Call& call) noexcept {
  const ServerState& state = call.services.state;
  const Pages& pages = state.pages;
  const std::string_view html =
      call.route.names_camera ? pages.camera(call.route.camera) : pages.root();
  const CaptureStats& stats = state.cameras[call.route.camera].ring->stats();
  const PageOpening opening(stats.width.value(), stats.height.value());
  const std::string_view source(opening.source().data(), opening.source().size());

  ResponseHead head(call.output, 200, call.context(call.request.keep_alive));
  head.field("Content-Type: text/html; charset=utf-8");
  head.field("Content-Length: {}", opening.text().size() + html.size());
  head.field("Cache-Control: no-cache");
  add_page_fields(head, pages.camera_policy(), source);
  const std::string_view text = head.finish();
  const std::span<char> behind = call.output.subspan(text.size());
  CHECK(behind.size() >= opening.text().size());
  std::copy(opening.text().begin(), opening.text().end(), behind.begin());
  return Reply{
      .piece = Piece(text, call.body({behind.data(), opening.text().size()}), call.body(html)),
      .keep_alive = call.request.keep_alive};
}

Reply reply_favicon(const Call& call) noexcept {
  ResponseHead head(call.output, 200, call.context(false));
  head.field("Content-Type: image/svg+xml").field("Content-Length: {}", kFaviconSvg.size());
  head.field("Cache-Control: max-age=86400");
  // Browsers open a connection just for the icon, and allow six per server.
  Reply answer = reply(call, head, kFaviconSvg);
  answer.keep_alive = false;
  return answer;
}

Reply reply_viewer_module(const Call& call) noexcept {
  ResponseContext context = call.context(call.request.keep_alive);
  // A module of another origin is only run if that origin allows it (Fetch standard, section 3.3).
  if (context.cors_origin.empty()) context.cors_origin = kAnyOrigin;
  ResponseHead head(call.output, 200, context);
  head.field("Content-Type: text/javascript; charset=utf-8");
  head.field("Content-Length: {}", kViewerJs.size());
  head.field("Cache-Control: max-age=3600");
  return reply(call, head, kViewerJs);
}

}  // namespace fanlight
