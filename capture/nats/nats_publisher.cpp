// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/nats_publisher.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <span>
#include <system_error>
#include <utility>

#include "capture/nats/announcement.h"
#include "core/check.h"
#include "core/random.h"

namespace fanlight {
namespace {

// Parts of frames would be smaller than their headers.
constexpr size_t kPayloadMin = 2 * kFrameHeaderBytesMax;

// The camera is watched while it exists.
class Watch {
 public:
  Watch(FrameRing& ring, bool of_updates) : ring_(ring), of_updates_(of_updates) {
    ring_.watch();
    if (of_updates_) ring_.watch_updates();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (of_updates_) ring_.unwatch_updates();
    ring_.unwatch();
  }

 private:
  FrameRing& ring_;
  const bool of_updates_;
};

}  // namespace

NatsPublisher::NatsPublisher(NatsPublisherConfig config, FrameRing& ring, const CameraPanel& panel,
                             CameraClock& clock, NatsConnect connect)
    : config_(std::move(config)),
      ring_(ring),
      panel_(panel),
      clock_(clock),
      connect_(std::move(connect)),
      publisher_(
          make_publisher(clock.wall_now(), Random(reinterpret_cast<uintptr_t>(this)).next())),
      stats_(ring.stats()),
      retry_delay_(config_.retry_min, config_.retry_max, clock.now()),
      plan_(config_.login.address.segments ? ring.segments_max() : 0),
      thread_(clock) {
  ring_.add_reader(&frames_);
}

void NatsPublisher::run() noexcept {
  while (!clock_.stop_requested()) {
    try {
      serve();
    } catch (const std::exception& error) {
      failed(error.what());
    }
    stats_.publish_online.set(0);
    if (clock_.stop_requested()) return;
    clock_.wait_until(clock_.now() + retry_delay_.next());
  }
}

void NatsPublisher::failed(std::string_view what) noexcept {
  stats_.publish_failures.add();
  log(is_told_ ? LogLevel::debug : LogLevel::warning, "{}: not published to {}: {}", config_.camera,
      config_.shown, what);
  is_told_ = true;
}

void NatsPublisher::serve() {
  const std::unique_ptr<NatsLink> link = connect_(config_.login);
  if (link->payload_max() < kPayloadMin) {
    throw std::system_error(
        EMSGSIZE, std::system_category(),
        fmt::format("its max_payload is {} bytes, less than {}", link->payload_max(), kPayloadMin));
  }
  const Watch watch(ring_, config_.login.address.segments);
  log_info("{}: published to {}", config_.camera, config_.shown);
  is_told_ = false;
  stats_.publish_online.set(1);
  whole_at_ = announce_at_ = clock_.now();
  base_ = 0;
  while (!clock_.stop_requested()) {
    if (!link->is_sending()) announce_if_due(*link);
    if (!link->is_sending()) send_news(*link);
    const bool is_sending = link->is_sending();
    std::array<pollfd, 2> waits{pollfd{link->fd(), POLLIN, 0},
                                pollfd{is_sending ? -1 : frames_.fd(), POLLIN, 0}};
    if (is_sending) waits[0].events |= POLLOUT;
    if (clock_.wait(waits, is_sending ? kNever : std::min(whole_at_, announce_at_)) != Wake::ready)
      continue;
    if (waits[0].revents != 0) link->step(waits[0].revents);
  }
}

// Also while there is no picture yet.
void NatsPublisher::announce_if_due(NatsLink& link) {
  if (clock_.now() < announce_at_) return;
  announce_at_ = link.may_announce() ? clock_.now() + kAnnounceEvery : kNever;
  if (announce_at_ == kNever) return;
  NatsMessage message;
  message.fields = announcement_fields();
  link.publish(announcement_subject(config_.login.address.subject), message);
}

void NatsPublisher::send_news(NatsLink& link) {
  frames_.drain();
  const bool whole_is_due = clock_.now() >= whole_at_;
  FrameRef frame = ring_.newer_than(seen_);
  if (!frame && whole_is_due && seen_ > 0) frame = ring_.newer_than(seen_ - 1);
  if (!frame) {
    if (whole_is_due) whole_at_ = clock_.now() + kRepeatAfter;
    return;
  }
  if (frame->sequence() != seen_) note_drops(*frame);
  seen_ = frame->sequence();
  pictures_ = frame->pictures();
  publish(link, *frame, whole_is_due);
  retry_delay_.reset();
}

void NatsPublisher::note_drops(const Frame& frame) {
  if (seen_ == 0) return;
  stats_.publish_skipped.add(frame.pictures() - pictures_ - (frame.info().is_slate() ? 0 : 1));
}

// Who has the frame before is sent the update even if the whole frame follows: whatever is renewed
// by a whole frame has to be sent on by those who pass updates on.
void NatsPublisher::publish(NatsLink& link, const Frame& frame, bool whole_is_due) {
  const bool has_base = config_.login.address.segments && base_ > 0;
  if (has_base && !whole_is_due && frame.is_same_as(base_)) return;
  const bool is_new = frame.sequence() != base_;
  const size_t text = has_base && is_new ? make_update(frame) : 0;
  if (text > 0) send(link, frame, update_, text);
  if (text > 0 && !whole_is_due) return;
  whole_at_ = clock_.now() + kRepeatAfter;
  send(link, frame, frame.jpeg(), 0);
}

size_t NatsPublisher::make_update(const Frame& frame) {
  if (!frame.can_update(base_) || !plan_.make(frame, base_)) return 0;
  update_.resize(plan_.text_max() + plan_.atlas_size());
  const size_t text = plan_.write_text(config_.camera, update_);
  update_.resize(text + plan_.atlas_size());
  plan_.write_atlas(update_.data() + text);
  return update_.size() < frame.jpeg().size() ? text : 0;
}

void NatsPublisher::send(NatsLink& link, const Frame& frame, std::span<const char> payload,
                         size_t text) {
  const size_t part_max = link.payload_max() - kFrameHeaderBytesMax;
  const uint64_t parts = (payload.size() + part_max - 1) / part_max;
  base_ = 0;
  if (payload.size() > kNatsFrameBytesMax || parts > kNatsPartsMax) {
    stats_.publish_too_large.add();
    log_gated(size_gate_, clock_.now(), LogLevel::warning,
              "{}: frames of {} KB cannot be published to {}", config_.camera, payload.size() >> 10,
              config_.shown);
    return;
  }
  std::array<char, CameraPanel::kViaBytesMax> room;
  FrameHeader header;
  header.publisher = publisher_;
  header.number = ++number_;
  header.sequence = frame.sequence();
  header.captured = frame.info().captured_wall;
  header.slate = frame.info().slate_reason.view();
  header.via = panel_.copy_via(room);
  header.size = payload.size();
  header.update = text;
  header.parts = parts;
  for (header.part = 1; header.part <= parts; ++header.part) {
    NatsMessage message;
    message.fields = write_frame_header(header);
    message.payload = std::as_bytes(payload).subspan((header.part - 1) * part_max);
    message.payload = message.payload.first(std::min(part_max, message.payload.size()));
    link.publish(config_.login.address.subject, message);
    stats_.published_bytes.add(message.payload.size());
  }
  stats_.published.add();
  base_ = frame.sequence();
}

}  // namespace fanlight
