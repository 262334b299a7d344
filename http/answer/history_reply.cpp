// SPDX-License-Identifier: Apache-2.0
#include "http/answer/history_reply.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "core/history/frame_history.h"
#include "http/answer/admit.h"
#include "http/answer/picture_fields.h"
#include "http/delivery/replay_places.h"
#include "http/delivery/shard_services.h"
#include "http/protocol/text.h"

namespace fanlight {
namespace {

// A part of the history; or why there is none.
struct Found {
  ReplayOptions options;
  std::optional<Reply> refusal;
};

FrameHistory* history_of(const Call& call) {
  return call.services.state.cameras[call.route.camera].history;
}

Reply refuse_moment(const Call& call, FrameHistory& history, std::string_view name,
                    Duration before) {
  std::array<char, 160> room;
  TextWriter text(room);
  const auto range = history.range();
  if (!range) return reply_error(call, 404, "the history has no frame yet");
  text.add("{}: {:.3f}s is before the history, which reaches from {:.3f}s to {:.3f}s", name,
           -to_seconds(before), -to_seconds(call.now - range->oldest.at),
           -to_seconds(call.now - range->newest.at));
  return reply_error(call, 404, text.view());
}

// What was shown `from` ago, and what followed until `to` ago.
Found find(const Call& call, std::string_view name, Duration from, Duration to) {
  FrameHistory* history = history_of(call);
  if (history == nullptr) {
    return {{}, reply_error(call, 404, "this camera has no history (--history)")};
  }
  const auto first = history->find_at(call.now - from);
  const auto last = history->find_at(call.now - to);
  if (!first || !last) return {{}, refuse_moment(call, *history, name, from)};
  return {{.first = *first, .last = *last}, std::nullopt};
}

// A replay that has begun.
std::optional<Reply> take_replay(const Call& call, const ReplayOptions& options, Replay*& replay) {
  FrameHistory& history = *history_of(call);
  AddressTable::Entry share;
  const std::string_view refusal = take_share(call, Held::replay, share);
  if (!refusal.empty()) return reply_error(call, 503, refusal);
  replay = call.services.replays.make(history, share);
  if (replay == nullptr) {
    call.services.state.admission.return_share(share, Held::replay);
    return reply_error(call, 503, note_no_body(call, Held::replay));
  }
  if (replay->begin(options, call.now)) return std::nullopt;
  std::exchange(replay, nullptr)->release();
  return refuse_moment(call, history, "history", call.now - options.first.at);
}

// NAME-20260131T235959Z.mjpeg: the camera, and when the first frame was captured.
void add_file_name(const Call& call, WallTime captured, ResponseHead& head) {
  const auto second = std::chrono::floor<std::chrono::seconds>(captured);
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(second - day);
  head.field(
      "Content-Disposition: attachment; "
      "filename=\"{}-{:04}{:02}{:02}T{:02}{:02}{:02}Z.mjpeg\"",
      call.services.state.names[call.route.camera], int(date.year()), unsigned(date.month()),
      unsigned(date.day()), time.hours().count(), time.minutes().count(), time.seconds().count());
}

// Before the first part: a delimiter without its leading CRLF.
constexpr std::string_view kFirstDelimiter = kPartDelimiter.substr(2);

uint64_t clip_size(const HistoryExtent& extent) {
  return kFirstDelimiter.size() + extent.bytes +
         (std::max<uint64_t>(extent.frames, 1) - 1) * kPartDelimiter.size() + kClosing.size();
}

std::string_view write_clip_head(const Call& call, FrameHistory& history,
                                 const ReplayOptions& options) {
  const HistoryExtent extent =
      history.measure(options.first, options.last.sequence, options.interval);
  const int64_t us = options.first.captured_wall.time_since_epoch().count();
  ResponseHead head(call.output, 200, call.context(false));
  head.field("Content-Type: multipart/x-mixed-replace; boundary={}", kBoundary);
  head.field("Content-Length: {}", clip_size(extent));
  add_file_name(call, options.first.captured_wall, head);
  head.field("Cache-Control: no-store");
  head.field("X-Timestamp: {}.{:06}", us / 1'000'000, us % 1'000'000);
  head.field("X-Frames: {}", extent.frames);
  add_via(call, head);
  return head.finish();
}

// A viewer like any other, with its place and its share of the wire.
Answer open_clip(const Call& call, FrameHistory& history, const ReplayOptions& options) {
  OpenStream answer;
  answer.channel = &call.services.channel(call.route.camera);
  const std::string_view why_not = take_place(call, options.first.jpeg_size, 0, answer.seat);
  if (!why_not.empty()) return reply_error(call, 503, why_not);
  if (const auto refusal = take_replay(call, options, answer.options.replay)) {
    call.services.state.admission.leave(answer.seat.place);
    return *refusal;
  }
  answer.seat.end_at(call.grant.ends);
  answer.options.is_clip = true;
  answer.options.paced = answer.seat.place.paced;
  answer.options.peer_is_local = call.services.reactor.backend().peer_address(call.fd).is_local;
  answer.head = Piece(write_clip_head(call, history, options), kFirstDelimiter);
  return answer;
}

}  // namespace

Reply reply_past_snapshot(const Call& call, const StreamParameters& parameters) noexcept {
  const Found found = find(call, "at", *parameters.at, *parameters.at);
  if (found.refusal) return *found.refusal;
  Replay* replay = nullptr;
  if (const auto refusal = take_replay(call, found.options, replay)) return *refusal;
  const Frame& frame = replay->frame();
  const FrameTag tag(frame);
  const int status = status_by_conditions(call.request, tag);
  if (status == 412) {
    replay->release();
    return reply_error(call, status, "the picture is another one");
  }
  ResponseHead head(call.output, status, call.context(call.request.keep_alive));
  add_picture_fields(head, frame, tag, "no-cache");
  if (frame.info().is_slate()) head.foreign_field("X-Slate", frame.info().slate_reason.view());
  add_via(call, head);
  if (status == 304) {
    replay->release();
    return reply(call, head, {});
  }
  head.field("Content-Type: image/jpeg").field("Content-Length: {}", frame.jpeg().size());
  Reply answer = reply(call, head, frame.jpeg());
  answer.replay = replay;
  return answer;
}

std::optional<Reply> refuse_replay(const Call& call, const StreamParameters& parameters) noexcept {
  return find(call, "from", *parameters.from, Duration(0)).refusal;
}

std::optional<Reply> open_replay(const Call& call, const StreamParameters& parameters,
                                 Replay*& replay) noexcept {
  const Found found = find(call, "from", *parameters.from, Duration(0));
  if (found.refusal) return found.refusal;
  return take_replay(call, found.options, replay);
}

// The first frame is shown until the one behind `to` is due, so there is always one.
Answer reply_clip(const Call& call, const StreamParameters& parameters) noexcept {
  FrameHistory* history = history_of(call);
  const auto range = history == nullptr ? std::nullopt : history->range();
  const Duration all = range ? call.now - range->oldest.at : Duration(0);
  const Duration from = parameters.from.value_or(all);
  const Duration to = parameters.to.value_or(Duration(0));
  if (parameters.is_pinned()) return reply_error(call, 400, kHistoryIsOfRungZero);
  if (parameters.from && from < to) return reply_error(call, 400, "from: must be before to");
  if (range && from < to) return refuse_moment(call, *history, "to", to);
  Found found = find(call, "from", from, to);
  if (found.refusal) return *found.refusal;
  found.options.pace = ReplayPace::fastest;
  found.options.interval = parameters.interval();
  if (call.request.method == Method::head) {
    return Reply{.piece = Piece(write_clip_head(call, *history, found.options)),
                 .keep_alive = false};
  }
  return open_clip(call, *history, found.options);
}

}  // namespace fanlight
