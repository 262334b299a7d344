// SPDX-License-Identifier: Apache-2.0
#include "http/answer/stream_reply.h"

#include "core/ascii.h"
#include "core/check.h"
#include "http/answer/admit.h"
#include "http/answer/history_reply.h"
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

// Another Fanlight (capture/relay), whose own viewers decide.
bool is_relay(const Request& request) {
  return request.user_agent == "fanlight";
}

ViewerOptions viewer_options(const Call& call, const StreamParameters& parameters, bool paced) {
  ViewerOptions options;
  options.seed_boundary = call.route.seed_boundary;
  options.advance_headers = wants_advance_headers(call.request, parameters);
  options.dual_final_frames = parameters.dual_final_frames;
  options.paced = paced;
  options.peer_is_local = call.services.reactor.backend().peer_address(call.fd).is_local;
  options.frames = parameters.frames;
  options.pinned = parameters.is_pinned() || is_relay(call.request);
  options.interval = parameters.interval();
  return options;
}

std::string_view write_head(const Call& call, const UstreamerOptions& ustreamer) {
  const std::string_view boundary = call.route.seed_boundary ? kSeedBoundary : kBoundary;
  ResponseContext context = call.context(false);
  context.embedding = Embedding::unstated;
  ResponseHead head(call.output, 200, context);
  head.field("Content-Type: multipart/x-mixed-replace; boundary={}", boundary);
  head.field("Cache-Control: no-store, no-cache, must-revalidate, max-age=0");
  head.field("Pragma: no-cache").field("X-Accel-Buffering: no");
  // Lets the client find itself in /state.
  if (!ustreamer.key.empty()) {
    head.field("Set-Cookie: stream_client={}/{:016x}; path=/; max-age=30", ustreamer.key,
               call.connection_id);
  }
  add_via(call, head);
  return head.finish();
}

}  // namespace

Answer reply_stream(const Call& call, const StreamParameters& parameters) noexcept {
  const auto chosen = choose_rung(call, parameters);
  if (const Reply* refusal = std::get_if<Reply>(&chosen)) return *refusal;
  if (call.request.method == Method::head) {
    if (parameters.from) {
      if (const auto refusal = refuse_replay(call, parameters)) return *refusal;
    }
    return Reply{.piece = Piece(write_head(call, parameters.ustreamer)), .keep_alive = false};
  }
  OpenStream answer;
  answer.channel = std::get<Channel*>(chosen);
  const std::string_view why_not =
      take_place(call, frame_bytes_of(*answer.channel), parameters.fps, answer.seat);
  if (!why_not.empty()) return reply_error(call, 503, why_not);
  answer.seat.end_at(call.grant.ends);
  answer.options = viewer_options(call, parameters, answer.seat.place.paced);
  if (parameters.from) {
    if (const auto refusal = open_replay(call, parameters, answer.options.replay)) {
      call.services.state.admission.leave(answer.seat.place);
      return *refusal;
    }
  }
  const bool advance = answer.options.advance_headers;
  // A part whose head was sent earlier has no room for more fields.
  if (parameters.ustreamer.wants_framing() && !advance) {
    answer.framing = call.services.ustreamer_framings.make(parameters.ustreamer);
    CHECK(answer.framing != nullptr);  // there is one per connection
    answer.options.framing = answer.framing;
  }
  // The delimiter before the first part; each later part is opened by the delimiter that follows
  // the previous one: kPartDelimiter without its leading CRLF.
  const std::string_view delimiter =
      (answer.options.seed_boundary ? kSeedDelimiter : kPartDelimiter).substr(2);
  answer.head = Piece(write_head(call, parameters.ustreamer), delimiter,
                      advance ? kNextPartHead : std::string_view());
  return answer;
}

}  // namespace fanlight
