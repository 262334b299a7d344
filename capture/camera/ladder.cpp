// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/ladder.h"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <new>
#include <span>
#include <utility>

#include "capture/draw/slate.h"
#include "core/check.h"

namespace fanlight {
namespace {

// The largest of the slates that are drawn for small pictures (slate_size()).
constexpr PictureExtent kSlateMin{320, 240};

std::span<const std::byte> bytes_of(const Frame& frame) {
  return std::as_bytes(std::span(frame.jpeg()));
}

// Until there is a frame, for clients that choose a rung by its size.
void note_size(FrameRing& ring, PictureExtent size) {
  ring.stats().width.set(static_cast<uint64_t>(size.width));
  ring.stats().height.set(static_cast<uint64_t>(size.height));
}

}  // namespace

size_t rung_capacity(PictureExtent box) {
  return std::max(JpegEncoder::worst_case(box.width, box.height),
                  JpegEncoder::worst_case(kSlateMin.width, kSlateMin.height));
}

Ladder::Ladder(FrameRing& top, const std::vector<RungTarget>& rungs, std::string camera,
               Orientation orientation)
    : top_(top),
      camera_(std::move(camera)),
      orientation_(orientation),
      filling_(std::make_unique<Scaled>()),
      waiting_(std::make_unique<Scaled>()),
      taken_(std::make_unique<Scaled>()) {
  CHECK(!rungs.empty() && rungs.size() <= kLowerRungsMax);
  rungs_.reserve(rungs.size());
  for (const RungTarget& rung : rungs) {
    CHECK(rung.ring->jpeg_capacity() >= rung_capacity(rung.box));
    rungs_.push_back({.ring = *rung.ring, .box = rung.box, .quality = rung.quality});
    rung.ring->stats().quality.set(static_cast<uint64_t>(rung.quality));
    rung.ring->set_activity(CaptureActivity::idle);
  }
}

Ladder::~Ladder() {
  if (!thread_.joinable()) return;
  clock_.request_stop();
  thread_.join();
}

void Ladder::start() {
  CHECK(!thread_.joinable());
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "ladder");
}

void Ladder::run() noexcept {
  std::array<pollfd, kLowerRungsMax> waits{};
  for (size_t i = 0; i < rungs_.size(); ++i) {
    waits[i] = {rungs_[i].ring.demand().fd(), POLLIN, 0};
  }
  while (clock_.wait(std::span(waits).first(rungs_.size()), kNever) != Wake::stop) serve();
}

void Ladder::set_format(PictureExtent shown) noexcept {
  if (shown.width <= 0 || shown.height <= 0) return;  // known with the first picture
  if (top_.stats().encoded.value() == 0) note_size(top_, shown);
  for (Rung& rung : rungs_) note_size(rung.ring, fit_into(shown, rung.box));
}

// Also decides which rungs are withheld, and tells readers which are not being encoded.
Ladder::Rung* Ladder::largest_watched() noexcept {
  const RungRelief relief = relief_.load(std::memory_order_relaxed);
  Rung* largest = nullptr;
  for (Rung& rung : rungs_) {
    const uint32_t watchers = rung.ring.watchers();
    const bool is_few = rung.ring.is_withheld() || watchers < kRungWatchersFew;
    const bool is_withheld = relief == RungRelief::all || (relief == RungRelief::few && is_few);
    rung.ring.set_withheld(is_withheld);
    if (watchers == 0 || is_withheld) {
      rung.ring.set_activity(CaptureActivity::idle);
    } else if (largest == nullptr) {
      largest = &rung;
    }
  }
  return largest;
}

// ---- raw pictures, in the camera's thread ----

void Ladder::offer(const Picture& picture, const FrameInfo& info) noexcept {
  CHECK(!picture.is_jpeg() && picture.slate_reason.empty());
  const Instant begun = clock_.now();
  try {
    if (!scale(picture, *filling_)) return;
  } catch (const std::bad_alloc&) {
    return note_late();
  }
  filling_->info = info;
  filling_->took = clock_.now() - begun;
  bool is_late = false;
  {
    const std::lock_guard guard(lock_);
    std::swap(filling_, waiting_);
    is_late = std::exchange(has_waiting_, true);
  }
  if (is_late) note_late();
  clock_.interrupts().wake();
}

// Scaling first and rotating afterwards moves fewer pixels. False if no rung is watched.
bool Ladder::scale(const Picture& picture, Scaled& to) {
  const Rung* largest = largest_watched();
  if (largest == nullptr) return false;
  const PictureExtent stored{picture.width, picture.height};
  to.shown = turned(stored);
  shrinker_.scale(picture.raw, stored, to.picture, turned(fit_into(to.shown, largest->box)));
  return true;
}

// A quarter turn swaps the sides, in either direction.
PictureExtent Ladder::turned(PictureExtent size) const {
  const auto [width, height] = orientation_.size_of(size.width, size.height);
  return {width, height};
}

// A picture that no rung shows.
void Ladder::note_late() noexcept {
  for (Rung& rung : rungs_) {
    if (rung.ring.watchers() > 0) rung.ring.stats().dropped_late.add();
  }
}

void Ladder::offer_frame() noexcept {
  if (largest_watched() == nullptr) return;
  {
    const std::lock_guard guard(lock_);
    has_frame_ = true;
  }
  clock_.interrupts().wake();
}

// ---- the ladder's thread ----

void Ladder::serve() noexcept {
  const bool is_demanded = note_demand();
  bool has_scaled = false;
  bool has_frame = is_demanded;
  {
    const std::lock_guard guard(lock_);
    has_scaled = std::exchange(has_waiting_, false);
    if (has_scaled) std::swap(taken_, waiting_);
    has_frame = std::exchange(has_frame_, false) || is_demanded;
  }
  const FrameRef frame = has_frame ? top_.newer_than(0) : FrameRef();
  try {
    if (has_scaled) publish_scaled();
    // Once: shards change meanwhile who watches.
    const Rung* behind = frame ? largest_behind(frame->sequence()) : nullptr;
    if (behind != nullptr) publish_frame(*frame, behind->box);
  } catch (const std::bad_alloc&) {
    note_late();
  }
}

// Whether a rung has its first viewer again, who is shown rung 0's newest frame without waiting for
// the next picture, which may be long in coming. If nobody has watched any rung, that frame is old,
// and the next one comes at once.
bool Ladder::note_demand() noexcept {
  bool any = false;
  for (Rung& rung : rungs_) {
    if (clock_.wait(rung.ring.demand().fd(), POLLIN, Instant{}) != Wake::ready) continue;
    rung.ring.demand().drain();
    any = true;
  }
  return any && top_.activity() != CaptureActivity::idle;
}

bool Ladder::is_behind(const Rung& rung, uint64_t sequence) const noexcept {
  return rung.published < sequence && rung.ring.watchers() > 0 && !rung.ring.is_withheld();
}

Ladder::Rung* Ladder::largest_behind(uint64_t sequence) noexcept {
  const auto found =
      std::ranges::find_if(rungs_, [&](const Rung& rung) { return is_behind(rung, sequence); });
  return found == rungs_.end() ? nullptr : &*found;
}

void Ladder::publish_scaled() {
  Scaled& scaled = *taken_;
  const Instant begun = clock_.now() - scaled.took;
  publish_all(upright(scaled.picture, orientation_), scaled.shown, scaled.info, begun);
}

void Ladder::publish_frame(const Frame& frame, const PictureExtent& box) {
  const Instant begun = clock_.now();
  const FrameInfo& info = frame.info();
  if (info.is_slate()) return publish_slate(info);
  const JpegExtent jpeg = extent_of_jpeg(bytes_of(frame));
  const auto [stored_width, stored_height] = jpeg.stored;
  if (stored_width == 0) return note_bad(frame.sequence());
  const auto [width, height] = jpeg.orientation.size_of(stored_width, stored_height);
  const PictureExtent size = fit_into({width, height}, box);
  const auto [to_width, to_height] = jpeg.orientation.size_of(size.width, size.height);
  if (!scaler_.decode(bytes_of(frame), jpeg.stored, decoded_, {to_width, to_height})) {
    return note_bad(frame.sequence());
  }
  publish_all(upright(decoded_, jpeg.orientation), {width, height}, info, begun);
}

void Ladder::publish_slate(const FrameInfo& info) {
  for (Rung& rung : rungs_) {
    if (!is_behind(rung, info.sequence)) continue;
    const Instant begun = clock_.now();
    const PictureExtent size = fit_into({info.width, info.height}, rung.box);
    const SlateSize drawn = slate_size(size.width, size.height, rung.ring.jpeg_capacity());
    const Canvas slate = draw_slate(drawn, camera_, info.slate_reason.view());
    publish(rung, {slate.view(), {drawn.width, drawn.height}}, info, begun);
  }
}

Ladder::Base Ladder::upright(PlanarPicture& picture, Orientation orientation) {
  const PictureExtent stored{picture.width(), picture.height()};
  if (orientation.is_upright()) return {picture.view(), stored};
  const auto [width, height] = orientation.size_of(stored.width, stored.height);
  return {rotator_.turn(picture.view(), stored.width, stored.height, orientation), {width, height}};
}

// Those that are watched and need it. The largest may have been joined after the picture was
// scaled: it then waits for the next one.
void Ladder::publish_all(Base base, PictureExtent shown, FrameInfo info, Instant begun) {
  for (Rung& rung : rungs_) {
    if (!is_behind(rung, info.sequence)) continue;
    const PictureExtent size = fit_into(shown, rung.box);
    if (size.width > base.size.width || size.height > base.size.height) continue;
    if (size != base.size) {
      scale_down(base.raw, base.size, rung.picture, size);
      base = {rung.picture.view(), size};
    }
    publish(rung, base, info, begun);
    begun = clock_.now();
  }
}

void Ladder::publish(Rung& rung, const Base& base, FrameInfo info, Instant begun) noexcept {
  const FrameRing::Acquired acquired = rung.ring.acquire();
  if (!acquired) return;  // counted by the ring
  const auto [width, height] = base.size;
  const size_t written =
      encoder_.encode(base.raw, width, height, rung.quality, acquired.place.jpeg);
  if (written == 0) {
    rung.ring.abandon(acquired.place);
    return rung.ring.stats().dropped_bad.add();
  }
  info.encoded_at = clock_.now();
  info.width = width;
  info.height = height;
  rung.ring.stats().encode_time.record(info.encoded_at - begun);
  rung.ring.publish(acquired.place, written, info);
  rung.ring.set_activity(CaptureActivity::live);
  rung.published = info.sequence;
}

// Rung 0 shows it; TurboJPEG does not decode it.
void Ladder::note_bad(uint64_t sequence) noexcept {
  for (Rung& rung : rungs_) {
    if (is_behind(rung, sequence)) rung.ring.stats().dropped_bad.add();
  }
}

}  // namespace fanlight
