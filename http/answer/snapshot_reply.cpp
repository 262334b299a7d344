// SPDX-License-Identifier: Apache-2.0
#include "http/answer/snapshot_reply.h"

#include <fmt/core.h>

#include "http/delivery/shard_services.h"
#include "http/delivery/ustreamer_framing.h"

namespace fanlight {
namespace {

bool is_lost(const Frame* frame) {
  return frame != nullptr && frame->info().is_slate();
}

// True if the newest frame is not acceptable and a newer one is worth waiting for.
bool must_wait(const Call& call, Channel& channel, const StreamParameters& parameters) {
  const Frame* frame = channel.newest();
  if (frame == nullptr || channel.is_idle()) return true;
  if (is_lost(frame) || parameters.max_delay_ms < 0) return false;
  const Duration age = call.now - frame->info().captured_at;
  return age >= std::chrono::milliseconds(parameters.max_delay_ms);
}

// RFC 9110 section 13.1.2, weak comparison; our entity tags contain no comma and no quote.
bool matches(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

Reply reply_frame(const Call& call, ResponseHead& head, Channel& channel, const Frame& frame) {
  Reply answer = reply(call, head, frame.jpeg());
  answer.channel = &channel;
  answer.frame = &frame;
  channel.pin(frame);
  return answer;
}

Reply reply_slate(const Call& call, Channel& channel) {
  const Frame* frame = channel.newest();
  ResponseHead head(call.output, 503, call.context(call.request.keep_alive));
  head.field("Retry-After: {}", kRetryAfterSeconds).field("Content-Type: image/jpeg");
  head.foreign_field("X-Slate", frame->info().slate_reason.view());
  head.field("Content-Length: {}", frame->jpeg().size()).field("Cache-Control: no-store");
  add_via(call, head);
  return reply_frame(call, head, channel, *frame);
}

}  // namespace

Answer reply_snapshot(const Call& call, const StreamParameters& parameters) noexcept {
  Channel& channel = call.services.channel(call.route.camera);
  const Frame* frame = channel.newest();
  if (call.waited == Waited::no && must_wait(call, channel, parameters)) {
    return AwaitFrame{.channel = &channel, .newer_than = frame == nullptr ? 0 : frame->sequence()};
  }
  if (is_lost(frame)) return reply_slate(call, channel);
  if (frame == nullptr || call.waited == Waited::in_vain) {
    return reply_error(call, 503, "the camera delivered no picture in time");
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
  add_ustreamer_fields(head, frame->info(), call.now);
  return reply_frame(call, head, channel, *frame);
}

}  // namespace fanlight
