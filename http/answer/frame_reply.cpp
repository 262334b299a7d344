// SPDX-License-Identifier: Apache-2.0
#include "http/answer/frame_reply.h"

#include <fmt/core.h>

#include <array>
#include <optional>

#include "core/to_number.h"
#include "http/answer/picture_fields.h"
#include "http/answer/reply.h"
#include "http/delivery/shard_services.h"
#include "http/protocol/text.h"
#include "http/report/camera_report.h"

namespace fanlight {
namespace {

// A request for a frame says that there will be more, for so long.
constexpr Duration kKeepOlder = 10s;
// `after` may be ahead by so many frames: a client that takes one in some only. Further ahead it is
// a number of before a restart.
constexpr uint64_t kAheadMax = 1000;

constexpr std::string_view kNoPicture = "the camera delivered no picture in time";

// What caches may keep is for everybody, unless it was given to somebody.
std::string_view scope(const Call& call) {
  return call.grant.is_free ? "public" : "private";
}

// The newest frame, in a ring that keeps older ones from now on; nullptr if it must be awaited.
const Frame* find_newest(const Call& call, Channel& channel) {
  channel.ring().keep_older_until(call.now + kKeepOlder);
  // If it does not start, what there is may be hours old.
  return channel.is_idle() && call.waited != Waited::frame_came ? nullptr : channel.newest();
}

// The URL of a frame, relative to that of the other resources here.
struct FrameUrl {
  explicit FrameUrl(const Frame& frame) {
    const auto result = fmt::format_to_n(text.data(), text.size(), "{}.jpg?v={:x}",
                                         frame.sequence(), captured_us(frame));
    size = result.size;
  }
  std::string_view view() const { return {text.data(), size}; }

  std::array<char, 64> text;
  size_t size;
};

// Whether `?v=` is absent, or that of the frame.
bool is_that_version(const Call& call, const Frame& frame) {
  const QueryValue wanted = query_value(call.request.query, "v");
  if (!wanted.found) return true;
  std::array<char, 24> room;
  const auto result = fmt::format_to_n(room.data(), room.size(), "{:x}", captured_us(frame));
  return wanted.value == std::string_view(room.data(), result.size);
}

Reply refuse_frame(const Call& call, Channel& channel) {
  std::array<char, 128> room;
  const Frame* newest = channel.newest();
  const uint64_t number = call.route.frame;
  fmt::format_to_n_result<char*> result{};
  if (newest == nullptr) {
    result = fmt::format_to_n(room.data(), room.size(), "frame {}: there are none yet", number);
  } else if (number > newest->sequence()) {
    result = fmt::format_to_n(room.data(), room.size(), "frame {} is yet to come; the newest is {}",
                              number, newest->sequence());
  } else {
    result = fmt::format_to_n(room.data(), room.size(), "frame {} is gone; there are {} to {}",
                              number, channel.ring().oldest_sequence(), newest->sequence());
  }
  return reply_error(call, 404, {room.data(), result.size});
}

// With its time of capture in the URL the frame is the only one of that URL for ever. Without, a
// cache has to ask whether it still is.
std::string_view how_long(const Call& call, std::span<char> room) {
  if (!query_value(call.request.query, "v").found) return "no-cache";
  const auto result =
      fmt::format_to_n(room.data(), room.size(), "{}, max-age=31536000, immutable", scope(call));
  return {room.data(), result.size};
}

Reply reply_found(const Call& call, Channel& channel, const Frame& frame) {
  const FrameTag tag(frame);
  const int status = status_by_conditions(call.request, tag);
  if (status == 412) {
    channel.unpin(frame);
    return reply_error(call, status, "the frame is another one");
  }
  ResponseHead head(call.output, status, call.context(call.request.keep_alive));
  std::array<char, 64> room;
  add_picture_fields(head, frame, tag, how_long(call, room));
  if (frame.info().is_slate()) {
    head.foreign_field("X-Slate", frame.info().slate_reason.view());
  }
  add_via(call, head);
  if (status == 200) {
    head.field("Content-Type: image/jpeg").field("Content-Length: {}", frame.jpeg().size());
    return reply_pinned(call, head, channel, frame);
  }
  channel.unpin(frame);
  return reply(call, head, {});
}

// Short-lived: which frame is the next one is soon no longer of interest.
ResponseHead head_of_news(const Call& call, int status) {
  ResponseHead head(call.output.first(kHeadBytesMax), status,
                    call.context(call.request.keep_alive));
  head.field("Cache-Control: {}, max-age=1", scope(call));
  add_via(call, head);
  return head;
}

Reply redirect_to(const Call& call, const Frame& frame) {
  ResponseHead head = head_of_news(call, 302);
  head.field("Location: {}", FrameUrl(frame).view());
  head.field("X-Sequence: {}", frame.sequence()).field("Content-Length: 0");
  return reply(call, head, {});
}

// nullopt: it is not a number.
std::optional<uint64_t> frame_seen(const Call& call) {
  const QueryValue after = query_value(call.request.query, "after");
  if (!after.found) return 0;
  return to_number<uint64_t>(after.value);
}

}  // namespace

Reply reply_frame(const Call& call) noexcept {
  Channel& channel = call.services.channel(call.route.camera);
  channel.ring().keep_older_until(call.now + kKeepOlder);
  const Frame* frame = channel.pin_sequence(call.route.frame);
  if (frame == nullptr) return refuse_frame(call, channel);
  if (is_that_version(call, *frame)) return reply_found(call, channel, *frame);
  channel.unpin(*frame);
  return reply_error(call, 404, "this number is another frame's now: the camera began again");
}

Answer reply_next_frame(const Call& call) noexcept {
  Channel& channel = call.services.channel(call.route.camera);
  const std::optional<uint64_t> seen = frame_seen(call);
  if (!seen) return reply_error(call, 400, "after: expected the number of a frame");
  const Frame* newest = find_newest(call, channel);
  const uint64_t number = newest == nullptr ? 0 : newest->sequence();
  const bool is_due = number > *seen || *seen - number > kAheadMax;
  if (newest != nullptr && (is_due || call.waited != Waited::no)) return redirect_to(call, *newest);
  if (call.waited != Waited::no) return reply_error(call, 503, kNoPicture);
  return AwaitFrame{.channel = &channel, .newer_than = newest == nullptr ? 0 : *seen};
}

Answer reply_latest_frame(const Call& call) noexcept {
  Channel& channel = call.services.channel(call.route.camera);
  const Frame* newest = find_newest(call, channel);
  if (newest == nullptr) {
    if (call.waited != Waited::no) return reply_error(call, 503, kNoPicture);
    return AwaitFrame{.channel = &channel, .newer_than = 0};
  }
  const int64_t us = captured_us(*newest);
  TextWriter text(call.output.subspan(kHeadBytesMax));
  text.add(R"({{"sequence":{},"timestamp":{}.{:06},"width":{},"height":{},"fps":{:.2f},)",
           newest->sequence(), us / 1'000'000, us % 1'000'000, newest->info().width,
           newest->info().height, measured_fps(channel.ring().stats(), call.now));
  text.add(R"("oldest":{},"url":"{}"}})", channel.ring().oldest_sequence(),
           FrameUrl(*newest).view());
  text.raw("\n");
  ResponseHead head = head_of_news(call, 200);
  head.field("Content-Type: application/json").field("Content-Length: {}", text.size());
  return reply(call, head, text.view());
}

}  // namespace fanlight
