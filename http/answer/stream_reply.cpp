// SPDX-License-Identifier: Apache-2.0
#include "http/answer/stream_reply.h"

#include "core/ascii.h"
#include "core/check.h"
#include "http/answer/admit.h"
#include "http/delivery/shard_services.h"
#include "http/delivery/ustreamer_framing.h"

namespace fanlight {
namespace {

// An <img> sends `Accept: image/...`, unlike fetch(), ffmpeg and dashboards, which send `*/*` and
// rely on Content-Length.
bool wants_advance_headers(const Request& request, const StreamParameters& parameters) {
  if (parameters.advance_headers >= 0) return parameters.advance_headers == 1;
  return starts_with_ignoring_case(request.accept, "image/");
}

}  // namespace

Answer reply_stream(const Call& call, const StreamParameters& parameters) noexcept {
  const Route& route = call.route;
  const bool head_only = call.request.method == Method::head;
  Answer answer;
  Channel& channel = call.services.channel(route.camera);
  if (!head_only) {
    const std::string_view why_not =
        take_place(call, frame_bytes_of(channel), parameters.fps, answer);
    if (!why_not.empty()) return reply_error(call, 503, why_not);
  }
  answer.keep_alive = false;
  answer.kind = head_only ? Answer::Kind::reply : Answer::Kind::stream;
  answer.channel = &channel;
  answer.viewer.paced = answer.place.paced;
  answer.viewer.seed_boundary = route.seed_boundary;
  answer.viewer.advance_headers = wants_advance_headers(call.request, parameters);
  answer.viewer.frames = parameters.frames;
  answer.viewer.dual_final_frames = parameters.dual_final_frames;
  if (parameters.fps > 0) answer.viewer.interval = from_seconds(1 / parameters.fps);

  const std::string_view boundary = route.seed_boundary ? kSeedBoundary : kBoundary;
  ResponseHead head(call.output, 200, call.context(false));
  head.field("Content-Type: multipart/x-mixed-replace; boundary={}", boundary);
  head.field("Cache-Control: no-store, no-cache, must-revalidate, max-age=0");
  head.field("Pragma: no-cache").field("X-Accel-Buffering: no");
  // Lets the client find itself in /state.
  if (!parameters.ustreamer.key.empty()) {
    head.field("Set-Cookie: stream_client={}/{:016x}; path=/; max-age=30", parameters.ustreamer.key,
               call.connection_id);
  }
  add_via(call, head);
  std::string_view text = head.finish();
  if (head_only) {
    answer.piece = Piece(text);
    return answer;
  }
  // The delimiter before the first part; each later part is opened by the delimiter that follows
  // the previous one: kPartDelimiter without its leading CRLF.
  const std::string_view delimiter =
      (route.seed_boundary ? kSeedDelimiter : kPartDelimiter).substr(2);
  const bool advance = answer.viewer.advance_headers;
  // A part whose head was sent earlier has no room for more fields.
  if (parameters.ustreamer.wants_framing() && !advance) {
    answer.framing = call.services.ustreamer_framings.make(parameters.ustreamer);
    CHECK(answer.framing != nullptr);  // there is one per connection
    answer.viewer.framing = answer.framing;
  }
  answer.piece = Piece(text, delimiter, advance ? kNextPartHead : std::string_view());
  return answer;
}

}  // namespace fanlight
