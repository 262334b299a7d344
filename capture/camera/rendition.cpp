// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/rendition.h"

#include <algorithm>
#include <new>
#include <tuple>
#include <utility>

#include "capture/camera/ladder.h"
#include "capture/draw/slate.h"
#include "capture/jpeg/jpeg_repair.h"
#include "core/check.h"
#include "core/history/frame_history.h"
#include "core/segments/find_segments.h"

namespace fanlight {
namespace {

constexpr Duration kOvertakenMax = 1s;

// A JPEG that is rotated or divided uses the tables of annex K, which were not made for this
// picture: up to a quarter larger than from a camera that makes its own, and a header that may not
// have fitted.
constexpr size_t kTransformedHead = 1024;

size_t transformed_size(size_t jpeg_bytes) {
  return jpeg_bytes + jpeg_bytes / 4 + kTransformedHead;
}

// For any raw format; RawConverter's output never needs more than this one.
size_t encoded_size(std::pair<int, int> size) {
  return SegmentEncoder::worst_case(size.first, size.second, PixelFormat::yuv422);
}

}  // namespace

size_t jpeg_capacity_for(const SourceFormat& format, Orientation orientation) {
  const auto [width, height] = orientation.size_of(format.width, format.height);
  const size_t slate = JpegEncoder::worst_case(width, height);
  const size_t slate_min = JpegEncoder::worst_case(320, 240);
  if (format.jpeg_bytes_max == 0) return std::max(encoded_size({width, height}), slate_min);
  // The slate of a camera with very large pictures is smaller than they are: their JPEGs need far
  // less than the encoder's worst case, and the ring should not be larger.
  const size_t slate_max = JpegEncoder::worst_case(1920, 1080);
  return std::max(std::clamp(slate, slate_min, slate_max), transformed_size(format.jpeg_bytes_max));
}

Rendition::Rendition(FrameRing& ring, CameraClock& clock, int quality, std::string camera,
                     RenditionConfig config)
    : ring_(ring),
      history_(config.history),
      clock_(clock),
      camera_(std::move(camera)),
      orientation_(config.orientation),
      ladder_(config.ladder),
      writer_({camera_, quality, orientation_}, std::move(config.hardware_encoder)),
      cells_(config.encoder_threads + 1),
      changes_(config.refresh) {
  ring_.stats().quality.set(static_cast<uint64_t>(quality));
  if (config.encoder_threads == 0) return;
  for (size_t i = 0; i < config.encoder_threads; ++i) {
    pool_writers_.push_back(
        std::make_unique<PictureWriter>(PictureWriterConfig{camera_, quality, orientation_}));
  }
  pool_ = std::make_unique<EncoderPool>(
      config.encoder_threads,
      [this](size_t thread, EncodeJob& job) { write(*pool_writers_[thread], job); },
      [this](EncodeJob& job) { finish(job); });
}

// The Source::next() call after publish() may invalidate the oldest picture.
void Rendition::set_format(const SourceFormat& format, size_t pictures_kept) noexcept {
  CHECK(pictures_kept >= 1);
  settle();
  std::tie(width_, height_) = orientation_.size_of(format.width, format.height);
  if (ladder_ != nullptr) ladder_->set_format({width_, height_});
  in_flight_max_ = pool_ ? std::min(pool_->threads(), pictures_kept - 1) : 0;
  last_outcome_ = Outcome::queued;
  ring_.stats().interval_ns.set(static_cast<uint64_t>(format.interval.count()));
  restart_rate();
}

void Rendition::set_quality(int quality) noexcept {
  settle();
  ring_.stats().quality.set(static_cast<uint64_t>(quality));
  writer_.set_quality(quality);
  for (const auto& writer : pool_writers_) writer->set_quality(quality);
}

Rendition::Outcome Rendition::publish(const Picture& picture) noexcept {
  if (picture.is_repeat) return publish_again(picture);
  note_captured(picture);
  return deliver(picture);
}

// Pictures that viewers already have are not published again; one that could not be shown is not
// among them.
Rendition::Outcome Rendition::publish_again(const Picture& picture) noexcept {
  const Outcome first = last_outcome();
  if (first == Outcome::broken || first == Outcome::too_large) return first;
  return first == Outcome::no_place ? deliver(picture) : Outcome::repeated;
}

void Rendition::pass_over(const Picture& picture) noexcept {
  note_captured(picture);
  ++next_sequence_;
  settle();
  const std::lock_guard guard(lock_);
  last_outcome_ = Outcome::queued;
}

// An upstream's slate is not a picture of the camera.
void Rendition::note_captured(const Picture& picture) noexcept {
  if (!picture.slate_reason.empty()) return restart_rate();
  CaptureStats& stats = ring_.stats();
  stats.captured.add();
  rate_.add(picture.captured_at);
  stats.measured_interval_ns.set(static_cast<uint64_t>(rate_.interval().count()));
  stats.captured_at_ns.set(static_cast<uint64_t>(picture.captured_at.time_since_epoch().count()));
}

// The camera's absence is not one of its intervals.
void Rendition::restart_rate() noexcept {
  rate_.restart();
  ring_.stats().measured_interval_ns.set(0);
}

void Rendition::publish_slate(std::string_view reason) noexcept {
  CHECK(!reason.empty());
  settle();
  restart_rate();
  const SlateSize size = slate_size(width_, height_, ring_.jpeg_capacity());
  try {
    const Canvas slate = draw_slate(size, camera_, reason);
    deliver({.jpeg = {},
             .raw = slate.view(),
             .width = size.width,
             .height = size.height,
             .captured_wall = time_of_slate(),
             .captured_at = clock_.now(),
             .slate_reason = reason});
  } catch (const std::bad_alloc&) {
    // The next slate is due in a second.
  }
}

// By the clock of the pictures before it, which is another machine's if they came from there: a
// time ahead of that clock would hold up the times of the pictures to come.
WallTime Rendition::time_of_slate() const noexcept {
  if (last_wall_ == WallTime{}) return clock_.wall_now();
  return last_wall_ + std::chrono::duration_cast<WallTime::duration>(clock_.now() - last_at_);
}

void Rendition::settle() noexcept {
  if (pool_) pool_->wait_until_in_flight(0);
}

// A frame has the same number at every server of a tree of relays. When the camera's server has
// begun again, or a slate has taken the number, the frames here are counted on.
uint64_t Rendition::take_sequence(uint64_t number) noexcept {
  if (number < kNumberMax) next_sequence_ = std::max(next_sequence_, number);
  return next_sequence_++;
}

bool Rendition::is_overtaken(const Picture& picture) noexcept {
  if (picture.number == 0 || picture.number >= kNumberMax || !slates_are_newest_) return false;
  if (picture.number < next_sequence_ || picture.captured_wall <= last_wall_) {
    if (!overtaken_until_) overtaken_until_ = clock_.now() + kOvertakenMax;
    if (clock_.now() < *overtaken_until_) return true;
  }
  slates_are_newest_ = false;
  overtaken_until_.reset();
  return false;
}

Rendition::Outcome Rendition::deliver(const Picture& picture) noexcept {
  EncodeJob job{.picture = picture, .place = {}, .info = {}};
  const bool is_slate = !picture.slate_reason.empty();
  if (is_slate && picture.number == 0) slates_are_newest_ = true;
  if (is_overtaken(picture)) {
    ring_.stats().dropped_late.add();
    return Outcome::overtaken;
  }
  job.info.sequence = take_sequence(picture.number);
  job.info.captured_wall = std::max(picture.captured_wall, last_wall_ + 1us);
  job.info.captured_at = picture.captured_at;
  job.info.slate_reason = picture.slate_reason;
  offer_raw(job);
  {
    const std::lock_guard guard(lock_);
    const FrameRing::Acquired acquired = ring_.acquire();
    if (!acquired) return last_outcome_ = Outcome::no_place;  // counted by the ring
    job.place = acquired.place;
    if (!is_slate && ring_.wants_segments()) job.cells = &cells_[cells_next_++ % cells_.size()];
  }
  last_wall_ = job.info.captured_wall;
  last_at_ = job.info.captured_at;
  const bool quick = is_slate || (writer_.is_copy(picture) && job.cells == nullptr);
  if (in_flight_max_ == 0 || quick || writer_.has_hardware() || !goes_well()) {
    return deliver_now(job);
  }
  return deliver_later(job);
}

// Otherwise the picture is encoded immediately: the caller is about to report that the camera is
// back, or that its newest frame is no longer an old one, and must know the outcome.
bool Rendition::goes_well() noexcept {
  return last_outcome() == Outcome::published;
}

Rendition::Outcome Rendition::last_outcome() noexcept {
  const std::lock_guard guard(lock_);
  return last_outcome_;
}

Rendition::Outcome Rendition::deliver_now(EncodeJob& job) noexcept {
  write(writer_, job);
  settle();
  return finish(job);
}

Rendition::Outcome Rendition::deliver_later(const EncodeJob& job) noexcept {
  pool_->submit(job);
  pool_->wait_until_in_flight(in_flight_max_);
  const std::lock_guard guard(lock_);
  return last_outcome_ == Outcome::published ? Outcome::queued : last_outcome_;
}

void Rendition::write(PictureWriter& writer, EncodeJob& job) noexcept {
  job.begun = clock_.now();
  job.written = writer.write(job.picture, job.place.jpeg, job.cells);
  if (job.written.ok() && job.written.divided) find_segments_of(job);
  job.info.encoded_at = clock_.now();
}

void Rendition::find_segments_of(EncodeJob& job) noexcept {
  const size_t size = job.written.size;
  SegmentGrid grid;
  if (find_segments(job.place.jpeg.first(size), grid, ring_.segment_room(job.place, size))) {
    job.grid = grid;
  }
}

void Rendition::compare(const EncodeJob& job) noexcept {
  CaptureStats& stats = ring_.stats();
  if (job.grid.count() == 0) {
    changes_.reset();
    exact_changes_.reset();
    if (job.cells != nullptr) stats.undivided.add();
    return;
  }
  stats.segments.add(job.grid.count());
  stats.segments_changed.add(find_changes(job));
}

// Sets the segments' ages. Returns how many changed, without those that were only due; of a picture
// joined of updates with them, because they look alike there.
size_t Rendition::find_changes(const EncodeJob& job) {
  const size_t size = job.written.size;
  const std::span<Segment> segments = ring_.segment_room(job.place, size);
  if (!job.picture.is_joined) {
    exact_changes_.reset();
    changes_.compare(*job.cells, job.grid, job.info.sequence, job.info.captured_at, segments);
    return changes_.changed();
  }
  changes_.reset();
  const std::string_view jpeg(reinterpret_cast<const char*>(job.place.jpeg.data()), size);
  exact_changes_.compare({jpeg, job.grid, segments.first(job.grid.count() + 1)}, job.info.sequence,
                         segments);
  return exact_changes_.changed();
}

// Behind the publication, so that no viewer waits for it. Nobody reuses the newest frame's place.
void Rendition::record(uint64_t sequence) noexcept {
  const FrameRef frame = ring_.newer_than(sequence - 1);
  CHECK(frame);
  history_->append(*frame);
}

// Called in the order of capture.
Rendition::Outcome Rendition::finish(EncodeJob& job) noexcept {
  const std::lock_guard guard(lock_);
  const WrittenJpeg& written = job.written;
  if (!written.ok()) {
    ring_.abandon(job.place);
    ring_.stats().dropped_bad.add();
    last_outcome_ = written.too_large ? Outcome::too_large : Outcome::broken;
    return last_outcome_;
  }
  job.info.width = written.width;
  job.info.height = written.height;
  ring_.stats().encode_time.record(job.info.encoded_at - job.begun);
  compare(job);
  ring_.publish(job.place, written.size, job.info, job.grid);
  if (history_ != nullptr) record(job.info.sequence);
  width_ = written.width;
  height_ = written.height;
  last_outcome_ = Outcome::published;
  const bool was_offered = !job.picture.is_jpeg() && !job.info.is_slate();
  if (ladder_ != nullptr && !was_offered) ladder_->offer_frame();
  return last_outcome_;
}

// Before its own encoding, so that the ladder's thread works meanwhile.
void Rendition::offer_raw(const EncodeJob& job) noexcept {
  if (ladder_ == nullptr || job.picture.is_jpeg() || job.info.is_slate()) return;
  ladder_->offer(job.picture, job.info);
}

}  // namespace fanlight
