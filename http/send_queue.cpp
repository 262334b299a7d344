// SPDX-License-Identifier: Apache-2.0
#include "http/turns.h"

#include <algorithm>

#include "core/check.h"
#include "http/channel.h"
#include "http/connection.h"

namespace fanlight {
namespace {

// How much of the wire's time is let come together before the shard wakes for it: waking for each
// frame costs as much as sending it, 1 ms costs 1.9 times what a burst does, and 2 ms 1.3 times.
constexpr Duration kTogether = 2ms;

}  // namespace

Instant Turns::serve(Instant now) noexcept {
  publish(paced_.size());
  const Instant again = serve_lines(now);
  publish(paced_.size());
  return again;
}

Instant Turns::serve_lines(Instant now) noexcept {
  size_t work = 0;
  for (List<Viewer>* line : {&unpaced_, &paced_}) {
    while (!line->empty()) {
      if (work >= kWorkPerTurn) return Instant::min();
      work += kWorkPerSend;
      Viewer& viewer = line->front();
      if (const Viewer* next = line->next(viewer)) next->prefetch();
      // It may have come here for a frame that has been replaced while it waited for its turn.
      if (!viewer.wants_frame(now)) {
        viewer.channel().settle(viewer, now);
        continue;
      }
      if (line == &paced_ && !may_begin(viewer.next_frame_bytes(), now)) return blocked_until_;
      work += viewer.next_frame_bytes();
      viewer.channel().withdraw(viewer);
      viewer.connection().send_frame(viewer, viewer.begin_frame(now));
    }
  }
  return kNever;
}

bool Turns::may_begin(size_t bytes, Instant now) noexcept {
  const Duration time = wire_->time_for(bytes);
  // A shard's part is as large as its part of all viewers that wait, so that every viewer gets the
  // same wherever it was accepted.
  const auto mine = double(std::max<size_t>(published_, 1));
  const double share = std::max(double(wire_->waiting_in_all()) / mine, 1.0);
  if (take_part(*wire_, free_at_, time, share, now)) return true;
  blocked_until_ =
      std::max(free_at_, wire_->free_at()) + std::max<Duration>(kTogether - time, Duration(0));
  return false;
}

bool Turns::take_part(Wire& wire, Instant& free_at, Duration time, double share,
                      Instant now) noexcept {
  if (free_at > now || !wire.take(time, now)) return false;
  const Duration own(static_cast<int64_t>(double(time.count()) * share));
  free_at = Wire::moved_on(free_at, time, own, now);
  return true;
}

void Turns::charge(size_t bytes, Instant now) noexcept {
  if (wire_ != nullptr) wire_->charge(wire_->time_for(bytes), now);
}

void Turns::publish(size_t waiting) noexcept {
  if (wire_ == nullptr || waiting == published_) return;
  published_ = waiting;
  wire_->set_waiting(shard_, waiting);
}

}  // namespace fanlight
