// SPDX-License-Identifier: Apache-2.0
#include "http/answer/frame_reply.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/to_number.h"
#include "http/answer/picture_fields.h"
#include "http/answer/reply.h"
#include "http/auth/auth.h"
#include "http/delivery/shard_services.h"
#include "http/protocol/link_query.h"
#include "http/protocol/text.h"
#include "http/report/camera_report.h"

namespace fanlight {
namespace {

// A request for a frame says that there will be more, for so long.
constexpr Duration kKeepOlder = 10s;
// `after` may be ahead by so many frames: a client that takes one in some only. Further ahead it is
// a number of before a restart.
constexpr uint64_t kAheadMax = 1000;
// Updates begin at every so manieth frame, so that clients which show different frames fetch the
// same update: what changed since an older frame includes what changed since theirs.
constexpr uint64_t kBaseEvery = 8;
constexpr Duration kImmutable = 365 * 24h;

constexpr std::string_view kNoPicture = "the camera delivered no picture in time";

// The signed link that allowed the request, if one did: it must also allow what the answer leads
// to. Its texts are those that were signed.
LinkTexts link_of(const Call& call) {
  const Auth* auth = call.services.state.config.auth;
  if (call.grant.is_free || auth == nullptr || !auth->has_keys()) return {};
  return read_link_query(call.request.query).texts;
}

// What caches may keep is for everybody, unless it was given to somebody. Who has a link's URL may
// have what is at it.
std::string_view scope(const Call& call) {
  return call.grant.is_free || !link_of(call).sig.empty() ? "public" : "private";
}

// Somebody wants frames, and will want more.
void note_demand(const Call& call, FrameRing& ring) {
  ring.keep_older_until(call.now + kKeepOlder);
  if (call.route.as_update) ring.divide_until(call.now + kKeepOlder);
}

// The newest frame, in a ring that keeps older ones from now on; nullptr if it must be awaited.
const Frame* find_newest(const Call& call, Channel& channel) {
  note_demand(call, channel.ring());
  // If it does not start, what there is may be hours old.
  return channel.is_idle() && call.waited != Waited::frame_came ? nullptr : channel.newest();
}

// The URL of a frame, relative to that of the other resources here; `base`: 0, or what it is to be
// an update of.
class FrameUrl {
 public:
  FrameUrl(const Call& call, const Frame& frame, uint64_t base = 0) {
    const std::string_view leaf = call.route.as_update ? "update" : "jpg";
    text_.add("{}.{}?v={:x}", frame.sequence(), leaf, captured_us(frame));
    if (base > 0) text_.add("&since={}", base);
    const LinkTexts link = link_of(call);
    if (!link.sig.empty()) text_.add("&exp={}&cam={}&sig={}", link.exp, link.cam, link.sig);
  }
  FrameUrl(const FrameUrl&) = delete;
  FrameUrl& operator=(const FrameUrl&) = delete;
  std::string_view view() const { return text_.view(); }

 private:
  std::array<char, 512> room_;
  TextWriter text_{room_};
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
// cache has to ask whether it still is. A link ends for caches, too.
std::string_view how_long(const Call& call, std::span<char> room) {
  if (!query_value(call.request.query, "v").found) return "no-cache";
  const auto left = std::chrono::floor<std::chrono::seconds>(call.grant.ends - call.now);
  const Duration lasts = std::min<Duration>(left, kImmutable);
  const auto result =
      fmt::format_to_n(room.data(), room.size(), "{}, max-age={}{}", scope(call),
                       std::chrono::duration_cast<std::chrono::seconds>(lasts).count(),
                       lasts == kImmutable ? ", immutable" : "");
  return {room.data(), result.size};
}

// What a WebSocket would be sent: an update from frame `base` if there may be one and it is
// smaller, else the whole frame. The caller's pin goes over to the reply.
Reply reply_messages(const Call& call, ResponseHead& head, Channel& channel, const Frame& frame,
                     uint64_t base) {
  head.field("Content-Type: application/octet-stream");
  UpdateCache& updates = channel.updates();
  // It makes updates of the newest frame only; rarely is another one asked for.
  UpdateRef update = &frame == channel.newest() ? updates.get(frame, base) : UpdateRef();
  if (update) {
    channel.unpin(frame);
    head.field("Content-Length: {}", update.bytes().size());
    Reply answer = reply(call, head, update.bytes());
    answer.update = std::move(update);
    return answer;
  }
  const std::string_view description = updates.description_of(frame);
  head.field("Content-Length: {}", description.size() + frame.jpeg().size());
  return {.piece = Piece(head.finish(), call.body(description), call.body(frame.jpeg())),
          .keep_alive = call.request.keep_alive,
          .frame = &frame,
          .channel = &channel};
}

// Its pin is the caller's, and goes over to the reply. `base`: as for reply_messages().
Reply reply_found(const Call& call, Channel& channel, const Frame& frame, uint64_t base) {
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
  if (status == 200 && call.route.as_update) {
    return reply_messages(call, head, channel, frame, base);
  }
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

// The base of an update to `frame` for a client that shows frame `seen`; 0 if it must be sent
// whole. `?v=` proves that the client shows this frame, and not one of before a restart.
uint64_t base_for(const Call& call, Channel& channel, const Frame& frame, uint64_t seen) {
  if (!call.route.as_update || !query_value(call.request.query, "v").found) return 0;
  const Frame* shown = channel.pin_sequence(seen);
  if (shown == nullptr) return 0;
  const bool is_that = is_that_version(call, *shown);
  channel.unpin(*shown);
  const uint64_t base = seen / kBaseEvery * kBaseEvery;
  return is_that && frame.can_update(base) ? base : 0;
}

Reply redirect_to(const Call& call, Channel& channel, const Frame& frame, uint64_t seen) {
  ResponseHead head = head_of_news(call, 302);
  head.field("Location: {}", FrameUrl(call, frame, base_for(call, channel, frame, seen)).view());
  head.field("X-Sequence: {}", frame.sequence()).field("Content-Length: 0");
  return reply(call, head, {});
}

// The number of a frame in the query, 0 if there is none; nullopt if it is not a number.
std::optional<uint64_t> number_in(const Call& call, std::string_view name) {
  const QueryValue number = query_value(call.request.query, name);
  if (!number.found) return 0;
  return to_number<uint64_t>(number.value);
}

}  // namespace

Reply reply_frame(const Call& call) noexcept {
  Channel& channel = call.services.channel(call.route.camera);
  note_demand(call, channel.ring());
  const std::optional<uint64_t> base = number_in(call, "since");
  if (!base) return reply_error(call, 400, "since: expected the number of a frame");
  const Frame* frame = channel.pin_sequence(call.route.frame);
  if (frame == nullptr) return refuse_frame(call, channel);
  if (is_that_version(call, *frame)) return reply_found(call, channel, *frame, *base);
  channel.unpin(*frame);
  return reply_error(call, 404, "this number is another frame's now: the camera began again");
}

Answer reply_next_frame(const Call& call) noexcept {
  Channel& channel = call.services.channel(call.route.camera);
  const std::optional<uint64_t> seen = number_in(call, "after");
  if (!seen) return reply_error(call, 400, "after: expected the number of a frame");
  const Frame* newest = find_newest(call, channel);
  const uint64_t number = newest == nullptr ? 0 : newest->sequence();
  const bool is_due = number > *seen || *seen - number > kAheadMax;
  if (newest != nullptr && (is_due || call.waited != Waited::no)) {
    return redirect_to(call, channel, *newest, *seen);
  }
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
           FrameUrl(call, *newest).view());
  text.raw("\n");
  ResponseHead head = head_of_news(call, 200);
  head.field("Content-Type: application/json").field("Content-Length: {}", text.size());
  return reply(call, head, text.view());
}

}  // namespace fanlight
