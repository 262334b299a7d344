// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/capture_loop.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <exception>
#include <new>
#include <system_error>
#include <utility>

#include "capture/camera/device_watch.h"
#include "capture/camera/failure.h"
#include "core/check.h"
#include "core/log.h"

namespace fanlight {
namespace {

constexpr Duration kSlateInterval = 1s;
// How often at least the loop checks for viewers; less would keep a slow camera busy.
constexpr Duration kIdleMin = 1s;
// Pictures are still encoded for this long after the last viewer: a client that reloads a page, or
// takes a snapshot every second, finds a frame.
constexpr Duration kUnwatchedGrace = 2s;
// A viewer of a slower camera would wait too long for its first frame.
constexpr Duration kUnwatchedIntervalMax = 500ms;
// A new device has no permissions yet; udev(7) takes some milliseconds to set them.
constexpr Duration kSettle = 100ms;
// The limit for opening while viewers see no reason for the silence.
constexpr Duration kUntoldPatience = 5s;
constexpr std::string_view kStalled = "gives no pictures";
constexpr std::string_view kBroken = "gives broken pictures";

// Of a slate's reason, which is set without allocating: memory may be the reason.
constexpr size_t kReasonBytesMax = 200;

}  // namespace

CaptureLoop::CaptureLoop(CaptureConfig config, std::unique_ptr<Source> source, FrameRing& ring,
                         CameraClock& clock, RenditionConfig rendition)
    : config_(std::move(config)),
      ring_(ring),
      clock_(clock),
      rendition_(ring, clock, config_.quality, config_.name, std::move(rendition)),
      controls_(config_.panel, config_.name, config_.controls),
      retry_delay_(config_.retry_min, config_.retry_max, clock.now()),
      last_watched_(clock.now()),
      thread_(clock) {
  CHECK(config_.open != nullptr);
  CHECK(config_.retry_min > Duration::zero() && config_.retry_min <= config_.retry_max);
  slate_reason_.reserve(kReasonBytesMax);
  if (source) opened(std::move(source));
}

CaptureLoop::CaptureLoop(CaptureConfig config, const std::system_error& why_not, FrameRing& ring,
                         CameraClock& clock, RenditionConfig rendition)
    : CaptureLoop(std::move(config), nullptr, ring, clock, std::move(rendition)) {
  failed(why_not);
}

void CaptureLoop::start() {
  thread_.start("camera", [this] {
    while (!has_begun_ && clock_.wait_until(kNever) != Wake::stop) {
    }
    run();
  });
}

void CaptureLoop::begin() noexcept {
  has_begun_ = true;
  clock_.interrupts().wake();
}

void CaptureLoop::continue_from(uint64_t sequence) noexcept {
  CHECK(!has_begun_);
  rendition_.number_from(sequence + 1);
  if (source_) source_->number_from(sequence + 1);
  last_watched_ = clock_.now();
  if (lost_) return;  // the reason is known, and shown immediately
  retry_at_ = last_watched_;
  slate_at_ = picture_due_by(last_watched_);
  frozen_at_ = slate_at_ + config_.frozen_timeout;
}

void CaptureLoop::tune(const CaptureTuning& tuning) noexcept {
  const std::lock_guard lock(tuning_lock_);
  tuning_ = tuning;
  clock_.interrupts().wake();
}

void CaptureLoop::take_tuning() noexcept {
  std::optional<CaptureTuning> asked;
  {
    const std::lock_guard lock(tuning_lock_);
    asked.swap(tuning_);
  }
  if (!asked) return;
  config_.stall_timeout = asked->stall_timeout;
  config_.idle = asked->idle;
  if (asked->quality != config_.quality) rendition_.set_quality(asked->quality);
  config_.quality = asked->quality;
  if (asked->fps == config_.options.fps) return;
  config_.options.fps = asked->fps;
  if (source_ == nullptr) return;  // it will be opened with the new value
  close_source();
  retry_at_ = clock_.now();
  slate_at_ = picture_due_by(retry_at_);
}

void CaptureLoop::run() noexcept {
  while (!clock_.stop_requested()) {
    note_watchers();
    take_tuning();
    controls_.serve(source_.get());
    if (clock_.now() >= idle_at()) {
      idle_step();
    } else if (source_) {
      capture_step();
    } else {
      retry_step();
    }
    if (!clock_.stop_requested()) show_slate_if_due();
  }
  close_source();
  ring_.stats().online.set(0);
}

// One of the two places that catch exceptions (the other is main): any exception of a source ends
// that source, never the server.
void CaptureLoop::capture_step() noexcept {
  try {
    const auto picture = source_->next(std::min({slate_at_, frozen_at_, idle_at()}));
    note_losses();
    if (picture) return deliver(*picture);
    if (source_->may_be_silent()) return bear_silence();
    if (clock_.now() >= frozen_at_) failed("it gives no pictures", "it gives no pictures");
  } catch (const std::system_error& error) {
    failed(error);
  } catch (const std::exception& error) {
    failed(error.what(), "unexpected error");
  }
}

void CaptureLoop::retry_step() noexcept {
  wait_for_retry();
  if (clock_.stop_requested() || clock_.now() < retry_at_) return;
  try {
    opened(config_.open(options_now()));
  } catch (const std::system_error& error) {
    if (!clock_.stop_requested()) failed(error);
  } catch (const std::exception& error) {
    failed(error.what(), "unexpected error");
  }
}

SourceOptions CaptureLoop::options_now() const {
  SourceOptions options = config_.options;
  options.first_sequence = rendition_.next_sequence();
  options.identity = identity_;
  // Opening may take longer once viewers know that the camera is absent.
  if (!lost_) {
    const Duration left = std::max(slate_at_ - clock_.now(), Duration::zero());
    options.patience = std::min(options.patience, holds_ ? left : kUntoldPatience);
  }
  return options;
}

// Waits until the next retry or slate is due; an added or removed device makes a retry due.
void CaptureLoop::wait_for_retry() noexcept {
  const Instant deadline = std::min({retry_at_, slate_at_, idle_at()});
  const int fd = config_.devices != nullptr ? config_.devices->fd() : -1;
  if (clock_.wait(fd, POLLIN, deadline) != Wake::ready) return;
  if (config_.devices->drain()) retry_at_ = std::min(retry_at_, clock_.now() + kSettle);
}

// The camera counts as idle until its next frame is published: a viewer that joins before then must
// not mistake the last frame, which may be hours old, for a live one.
//
// A watcher that arrived after note_watchers() found none has made demand() readable, so none is
// missed.
void CaptureLoop::idle_step() noexcept {
  log_info("{}: stopped, no one is watching", config_.name);
  close_source();
  ring_.stats().online.set(0);
  ring_.set_activity(CaptureActivity::idle);
  while (clock_.wait(ring_.demand().fd(), POLLIN, kNever) != Wake::ready) {
    if (clock_.stop_requested()) return;
    take_tuning();
    controls_.serve(nullptr);
    if (!config_.idle) break;
  }
  log_info("{}: started, {}", config_.name,
           config_.idle ? "a viewer joined" : "idle stop disabled");
  const Instant now = clock_.now();
  last_watched_ = now;
  retry_at_ = now;
  retry_delay_.reset();
  slate_at_ = picture_due_by(now);
  lost_ = false;
  holds_ = false;
  told_ = Absence::none;
}

void CaptureLoop::opened(std::unique_ptr<Source> source) {
  CHECK(source != nullptr);
  source_ = std::move(source);
  was_open_ = true;
  losses_ = {};
  if (!source_->identity().empty()) identity_ = source_->identity();
  rendition_.set_format(source_->format(), source_->pictures_kept());
  controls_.opened(*source_);
  postpone_slate();
  frozen_at_ = slate_at_ + config_.frozen_timeout;
}

void CaptureLoop::close_source() noexcept {
  if (source_) note_losses();
  rendition_.settle();
  source_.reset();
}

// A picture without a place is no reason for a slate, which would find none either.
void CaptureLoop::deliver(const Picture& picture) noexcept {
  frozen_at_ = picture_due_by(clock_.now()) + config_.frozen_timeout;
  if (!picture.is_jpeg() && !is_seen()) {
    rendition_.pass_over(picture);
    ring_.set_activity(CaptureActivity::idle);
    return postpone_slate();
  }
  if (is_left_out(picture)) {
    rendition_.pass_over(picture);
    return postpone_slate();
  }
  Picture shown = picture;
  shown.is_repeat = picture.is_repeat && !lost_;  // after a slate even the old one is new
  const Rendition::Outcome outcome = rendition_.publish(shown);
  if (outcome == Rendition::Outcome::overtaken) return;  // slates go on
  if (outcome == Rendition::Outcome::repeated) return postpone_slate();
  if (outcome == Rendition::Outcome::broken) return set_reason(kBroken);
  if (outcome == Rendition::Outcome::too_large) return set_too_large();
  // An upstream that shows a slate works; its camera does not.
  const bool is_picture = shown.slate_reason.empty();
  if (is_picture) note_present();
  lost_ = false;
  holds_ = false;
  ring_.stats().online.set(is_picture ? 1 : 0);
  ring_.set_activity(source_->may_be_silent() ? CaptureActivity::silent : CaptureActivity::live);
  retry_delay_.reset();
  postpone_slate();
}

// Not if it shows that the camera is back, or that it is lost.
bool CaptureLoop::is_left_out(const Picture& picture) noexcept {
  if (lost_ || picture.is_repeat || !picture.slate_reason.empty()) return false;
  if (++left_out_ < keep_every_) return true;
  left_out_ = 0;
  return false;
}

// A source counts from its opening, the camera's counters continue.
void CaptureLoop::note_losses() noexcept {
  const SourceLosses now = source_->losses();
  CaptureStats& stats = ring_.stats();
  stats.lost_by_device.add(now.lost - losses_.lost);
  stats.damaged_by_device.add(now.damaged + now.unusable - losses_.damaged - losses_.unusable);
  stats.dropped_late.add(now.late - losses_.late);
  losses_ = now;
}

// The camera is fine, though nothing new may be published.
void CaptureLoop::postpone_slate() noexcept {
  slate_at_ = picture_due_by(clock_.now());
  set_reason(kStalled);
}

// The newest picture is still current for the source, however old it is.
void CaptureLoop::bear_silence() noexcept {
  frozen_at_ = picture_due_by(clock_.now()) + config_.frozen_timeout;
  if (!lost_) postpone_slate();
}

void CaptureLoop::note_present() noexcept {
  if (told_ == Absence::waiting) log_info("{}: available", config_.name);
  if (told_ == Absence::lost) log_info("{}: back", config_.name);
  told_ = Absence::none;
}

bool CaptureLoop::is_seen() const noexcept {
  if (config_.encode_unwatched || lost_ || ring_.watchers() > 0) return true;
  if (source_->format().interval > kUnwatchedIntervalMax) return true;
  return clock_.now() < last_watched_ + kUnwatchedGrace;
}

void CaptureLoop::failed(const std::system_error& error) noexcept {
  try {
    failed(error.what(), failure_in_words(error.code()));
  } catch (const std::bad_alloc&) {
    failed(error.what(), "no memory left");
  }
}

// The log gets the whole text, viewers only the kind of error: its device names and addresses are
// not for them.
void CaptureLoop::failed(std::string_view what, std::string_view slate) noexcept {
  const Instant now = clock_.now();
  const bool held = holds_;
  holds_ = !lost_ && (held || (source_ && source_->may_be_silent()));
  // What ends a source is news, also where a slate is shown already.
  if (!holds_ && (!lost_ || source_)) slate_at_ = now;
  close_source();
  ring_.stats().source_failures.add();
  if (!holds_) ring_.stats().online.set(0);
  const bool is_news = told_ == Absence::none && !holds_;
  log(is_news ? LogLevel::warning : LogLevel::debug, "{}: {}: {}", config_.name,
      was_open_ ? "lost" : "waiting", what);
  if (is_news) told_ = was_open_ ? Absence::lost : Absence::waiting;
  if (holds_ && !held) slate_at_ = now + config_.stall_timeout;
  lost_ = !holds_;
  set_reason("lost: ", slate);
  retry_at_ = now + retry_delay_.next();
}

void CaptureLoop::set_reason(std::string_view text, std::string_view rest) noexcept {
  slate_reason_.assign(text.substr(0, kReasonBytesMax));
  slate_reason_.append(rest.substr(0, kReasonBytesMax - slate_reason_.size()));
}

// Includes the remedy: the ring's places are as large as the permitted memory allows.
void CaptureLoop::set_too_large() noexcept {
  char text[kReasonBytesMax];
  const auto end =
      fmt::format_to_n(text, sizeof text, "gives pictures of more than {} KB (see --frame-memory)",
                       ring_.jpeg_capacity() >> 10)
          .out;
  set_reason({text, static_cast<size_t>(end - text)});
}

void CaptureLoop::show_slate_if_due() noexcept {
  const Instant now = clock_.now();
  if (now < slate_at_) return;
  if (told_ == Absence::none) {
    log_warning("{}: {}", config_.name, slate_reason_);
    told_ = Absence::lost;
  }
  lost_ = true;
  holds_ = false;
  ring_.stats().online.set(0);
  char text[kReasonBytesMax + 8];
  const auto end = fmt::format_to_n(text, sizeof text, "camera {}", slate_reason_).out;
  rendition_.publish_slate({text, static_cast<size_t>(end - text)});
  ring_.set_activity(CaptureActivity::live);
  slate_at_ = now + kSlateInterval;
}

// Also notices viewers that joined and left between two pictures.
void CaptureLoop::note_watchers() noexcept {
  const bool asked = clock_.wait(ring_.demand().fd(), POLLIN, Instant{}) == Wake::ready;
  if (asked) ring_.demand().drain();
  if (asked || ring_.watchers() > 0) last_watched_ = clock_.now();
}

Instant CaptureLoop::idle_at() const noexcept {
  return config_.idle ? last_watched_ + std::max(*config_.idle, kIdleMin) : kNever;
}

Instant CaptureLoop::picture_due_by(Instant last) const noexcept {
  const Duration interval = source_ ? source_->format().interval : Duration::zero();
  return last + std::max(config_.stall_timeout, 2 * interval);
}

}  // namespace fanlight
