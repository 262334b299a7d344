// SPDX-License-Identifier: Apache-2.0
#include "http/answer/snapshot_reply.h"

#include "http/answer/history_reply.h"
#include "http/answer/picture_fields.h"
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

Reply reply_newest(const Call& call, ResponseHead& head, Channel& channel, const Frame& frame) {
  channel.pin(frame);
  return reply_pinned(call, head, channel, frame);
}

Reply reply_slate(const Call& call, Channel& channel) {
  const Frame* frame = channel.newest();
  ResponseHead head(call.output, 503, call.context(call.request.keep_alive));
  head.field("Retry-After: {}", kRetryAfterSeconds).field("Content-Type: image/jpeg");
  head.foreign_field("X-Slate", frame->info().slate_reason.view());
  head.field("Content-Length: {}", frame->jpeg().size()).field("Cache-Control: no-store");
  add_via(call, head);
  return reply_newest(call, head, channel, *frame);
}

}  // namespace

Answer reply_snapshot(const Call& call, const StreamParameters& parameters) noexcept {
  if (parameters.at) return reply_past_snapshot(call, parameters);
  const auto chosen = choose_rung(call, parameters);
  if (const Reply* refusal = std::get_if<Reply>(&chosen)) return *refusal;
  Channel& wanted = *std::get<Channel*>(chosen);
  Channel& channel = wanted.offered();
  const Frame* frame = channel.newest();
  if (call.waited == Waited::no && must_wait(call, channel, parameters)) {
    return AwaitFrame{.channel = &channel, .newer_than = frame == nullptr ? 0 : frame->sequence()};
  }
  if (is_lost(frame)) return reply_slate(call, channel);
  // The rung may have been withheld in the meantime, and another one be there.
  const bool is_other = &channel != &wanted && !channel.is_idle();
  if (frame == nullptr || (call.waited == Waited::in_vain && !is_other)) {
    return reply_error(call, 503, "the camera delivered no picture in time");
  }
  const FrameTag tag(*frame);
  const int status = status_by_conditions(call.request, tag);
  if (status == 412) return reply_error(call, status, "the picture is a newer one");

  ResponseHead head(call.output, status, call.context(call.request.keep_alive));
  add_picture_fields(head, *frame, tag, "no-cache");
  add_via(call, head);
  if (status == 304) return reply(call, head, {});
  head.field("Content-Type: image/jpeg").field("Content-Length: {}", frame->jpeg().size());
  add_ustreamer_fields(head, frame->info(), call.now);
  return reply_newest(call, head, channel, *frame);
}

}  // namespace fanlight
