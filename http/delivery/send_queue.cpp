// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/send_queue.h"

#include <algorithm>

#include "core/check.h"
#include "http/delivery/channel.h"
#include "http/delivery/frame_sink.h"

namespace fanlight {
namespace {

// How much of the wire's time accumulates before the shard wakes: waking for each frame costs as
// much as sending it; with 1 ms the cost is 1.9 times that of a burst, with 2 ms 1.3 times.
constexpr Duration kTogether = 2ms;

// For each new frame the viewers at the front move to the back, a seventh of them at a time:
// otherwise the same ones would always be first and the same ones always last. Not while some still
// wait for the previous frame: then the queue itself is fair, and rotating it would not be.
constexpr size_t kRotation = 7;

}  // namespace

void SendQueue::settle(Viewer& viewer, Instant now) noexcept {
  if (Channel* better = viewer.better_rung(now)) {
    withdraw(viewer);
    viewer.move_to(*better, now);
  }
  viewer.take_if_unchanged();
  const bool wants = viewer.wants_frame(now);
  if (wants && viewer.SendQueueHook::is_linked() && viewer.is_queued_) return;
  withdraw(viewer);
  viewer.is_queued_ = wants;
  if (wants && viewer.options().paced) return paced_.push(viewer, now);
  if (wants) return unpaced_.push_back(viewer);
  viewer.channel().idle_viewers().push_back(viewer);
  const Instant ask_again_at = viewer.ask_again_at();
  if (ask_again_at != kNever) viewer.sink().ensure_timer(ask_again_at);
}

void SendQueue::withdraw(Viewer& viewer) noexcept {
  if (!viewer.SendQueueHook::is_linked()) return;
  if (!viewer.is_queued_) return viewer.channel().idle_viewers().remove(viewer);
  if (viewer.options().paced) return paced_.remove(viewer);
  unpaced_.remove(viewer);
}

void SendQueue::settle_idle(Channel& channel, Instant now) noexcept {
  List<Viewer>& idle = channel.idle_viewers();
  const bool none_waits = unpaced_.empty() && paced_.empty();
  for (size_t i = none_waits ? idle.size() / kRotation : 0; i > 0; --i) {
    idle.push_back(idle.pop_front());
  }
  for (size_t i = idle.size(); i > 0; --i) {
    Viewer& viewer = idle.front();
    if (const Viewer* next = idle.next(viewer)) next->prefetch();
    settle(viewer, now);
  }
}

Instant SendQueue::serve(Instant now) noexcept {
  publish(paced_.size());
  const Instant again = serve_queues(now);
  publish(paced_.size());
  return again;
}

Instant SendQueue::serve_queues(Instant now) noexcept {
  size_t work = 0;
  while (!unpaced_.empty()) {
    if (work >= kWorkPerTurn) return Instant::min();
    Viewer& viewer = unpaced_.front();
    if (const Viewer* next = unpaced_.next(viewer)) next->prefetch();
    serve_front(viewer, now, work);
  }
  while (!paced_.empty()) {
    if (work >= kWorkPerTurn) return Instant::min();
    if (!serve_front(paced_.front(patience(), now), now, work)) return blocked_until_;
  }
  return kNever;
}

// Starts the newest frame for the viewer at the front of a queue. False if it must wait for the
// wire.
bool SendQueue::serve_front(Viewer& viewer, Instant now, size_t& work) noexcept {
  work += kWorkPerSend;
  // It may have been queued for a frame that was replaced while it waited.
  if (!viewer.wants_frame(now)) {
    settle(viewer, now);
    return true;
  }
  const size_t bytes = viewer.next_frame_bytes();
  if (viewer.options().paced && !may_begin(bytes, now)) return false;
  work += bytes;
  withdraw(viewer);
  FairQueue::charge(viewer, bytes);
  viewer.sink().send_frame(viewer, viewer.begin_frame(now));
  return true;
}

// Within this time each viewer is to have a frame.
Duration SendQueue::patience() const noexcept {
  return from_seconds(1 / wire_->min_fps());
}

bool SendQueue::may_begin(size_t bytes, Instant now) noexcept {
  const Duration time = wire_->time_for(bytes);
  // A shard's part is proportional to its waiting viewers, so that every viewer gets the same on
  // any shard.
  const auto mine = double(std::max<size_t>(published_, 1));
  const double share = std::max(double(wire_->waiting_in_all()) / mine, 1.0);
  if (take_part(*wire_, free_at_, time, share, now)) return true;
  blocked_until_ =
      std::max(free_at_, wire_->free_at()) + std::max<Duration>(kTogether - time, Duration(0));
  return false;
}

bool SendQueue::take_part(Wire& wire, Instant& free_at, Duration time, double share,
                          Instant now) noexcept {
  if (free_at > now || !wire.take(time, now)) return false;
  const Duration own(static_cast<int64_t>(double(time.count()) * share));
  free_at = Wire::moved_on(free_at, time, own, now);
  return true;
}

void SendQueue::charge(size_t bytes, Instant now) noexcept {
  if (wire_ != nullptr) wire_->charge(wire_->time_for(bytes), now);
}

void SendQueue::publish(size_t waiting) noexcept {
  if (wire_ == nullptr || waiting == published_) return;
  published_ = waiting;
  wire_->set_waiting(shard_, waiting);
}

}  // namespace fanlight
