// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_camera.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/check.h"
#include "tests/core/segments/test_segments.h"
#include "tests/core/test_picture.h"

namespace fanlight {
namespace {

constexpr Duration kSlateInterval = 1s;
constexpr Duration kIdleCheck = 10ms;

}  // namespace

SimCamera::SimCamera(SimBackend& backend, FrameRing& ring, const SimCameraScript& script,
                     uint64_t seed)
    : backend_(backend), ring_(ring), script_(script), started_at_(backend.now()), random_(seed) {
  CHECK(script.fps > 0 && script.jitter < 1);
  CHECK(script.size_min >= kTestPictureSizeMin && script.size_min <= script.size_max);
  CHECK(script.size_max <= ring.jpeg_capacity());
  ring_.stats().interval_ns.set(uint64_t(from_seconds(1 / script.fps).count()));
  ring_.stats().measured_interval_ns.set(ring_.stats().interval_ns.value());
  ring_.stats().online.set(1);
  ring_.stats().quality.set(80);
  plans_.push_back(backend_.clock().after(Duration(0), [this] { tick(); }));
}

SimCamera::~SimCamera() {
  stop();
}

void SimCamera::stop() {
  for (const SimClock::Appointment& appointment : plans_) backend_.clock().call_off(appointment);
  plans_.clear();
  for (const Job& job : jobs_) ring_.abandon(job.place);
  jobs_.clear();
}

Instant SimCamera::published_at(uint64_t sequence) const {
  return sequence < published_at_.size() ? published_at_[sequence] : kNever;
}

bool SimCamera::is_lost() const {
  const Duration age = backend_.clock().now() - started_at_;
  return age >= script_.lost_at && age - script_.lost_at < script_.lost_for;
}

void SimCamera::tick() {
  std::erase_if(plans_, [&](const auto& one) { return one.first <= backend_.now(); });
  Duration next;
  const bool idle = script_.idles_unwatched && ring_.watchers() == 0;
  const bool lost = is_lost();
  ring_.set_activity(idle ? CaptureActivity::idle : CaptureActivity::live);
  ring_.stats().online.set(!lost);
  if (idle) {
    next = kIdleCheck;
    if (script_.counts_unwatched) ++sequence_;
  } else if (lost) {
    capture(true);
    next = kSlateInterval;
  } else {
    capture(false);
    next = from_seconds((1 + script_.jitter * (2 * random_.unit() - 1)) / script_.fps);
  }
  plans_.push_back(backend_.clock().after(next, [this] { tick(); }));
}

void SimCamera::capture(bool slate) {
  ++sequence_;
  ring_.stats().captured.add();
  if (random_.chance(script_.drop)) return;
  const FrameRing::Acquired acquired = ring_.acquire();
  if (!acquired) return;
  last_wall_ = std::max(last_wall_, backend_.wall_now());
  Job job{.place = acquired.place,
          .info = {},
          .size = script_.size_min + random_.below(script_.size_max - script_.size_min + 1),
          .divided = script_.segments && !slate && ring_.wants_segments(),
          .spoilt = random_.chance(script_.abandon)};
  job.info.sequence = sequence_;
  job.info.captured_wall = last_wall_;
  job.info.captured_at = backend_.now();
  job.info.width = job.divided ? kTestWidth : 640;
  job.info.height = job.divided ? kTestHeight : 480;
  if (slate) job.info.slate_reason = SlateReason(script_.slate_reason);
  // Written before the picture is complete, as an encoder does.
  if (job.divided) {
    std::array<Segment, kTestGrid.count() + 1> segments;
    job.size = write_divided_picture(job.place.jpeg, sequence_, segments);
    std::ranges::copy(segments, ring_.segment_room(job.place, job.size).begin());
  } else {
    write_test_picture(job.place.jpeg.first(job.size), sequence_);
  }
  jobs_.push_back(job);
  const auto most = static_cast<uint64_t>(script_.encode_max.count());
  const Duration encoding{static_cast<int64_t>(most == 0 ? 0 : random_.below(most + 1))};
  plans_.push_back(
      backend_.clock().after(encoding, [this, sequence = sequence_] { finish(sequence); }));
}

void SimCamera::record_in(FrameHistory& history) {
  history_ = &history;
  ring_.watch();
  ring_.watch_updates();
}

void SimCamera::finish(uint64_t sequence) {
  for (Job& job : jobs_) {
    if (job.info.sequence == sequence) job.done = true;
  }
  while (!jobs_.empty() && jobs_.front().done) publish_in_order();
}

// Publishes the oldest picture, or returns its place.
void SimCamera::publish_in_order() {
  Job job = jobs_.front();
  jobs_.pop_front();
  if (job.spoilt) {
    std::memset(job.place.jpeg.data(), 0, job.size);
    ring_.stats().dropped_bad.add();
    return ring_.abandon(job.place);
  }
  job.info.encoded_at = backend_.now();
  published_at_.resize(job.info.sequence + 1, kNever);
  published_at_[job.info.sequence] = backend_.now();
  ring_.publish(job.place, job.size, job.info, job.divided ? kTestGrid : SegmentGrid{});
  if (history_ != nullptr) history_->append(*ring_.newer_than(job.info.sequence - 1));
  ++published_;
  last_sequence_ = job.info.sequence;
  most_pinned_places_ = std::max<size_t>(most_pinned_places_, ring_.pinned_places());
  most_kernel_bytes_ = std::max(most_kernel_bytes_, backend_.network().kernel_bytes());
}

}  // namespace fanlight
