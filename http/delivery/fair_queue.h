// SPDX-License-Identifier: Apache-2.0
// FairQueue: viewers that wait for the wire, so ordered that all get the same number of bytes.
//
// Start-time fair queueing (Goyal, Vin, Cheng, 1997) with one weight. A clock counts the bytes that
// each viewer may have had so far. A viewer's turn comes at the end of its last frame on this
// clock, or now if that is over: whoever needs less than its share never waits for those who need
// more. A viewer of updates so gets every frame where one of whole frames gets a few.
//
// Among thousands of viewers of updates that share is small, and a whole frame large. So a viewer
// that has waited for `patience` is next, in the order of waiting: nobody gets less than a frame in
// that time (WireConfig::min_fps), as many as Admission has let in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/list.h"
#include "core/time.h"
#include "http/delivery/fair_share.h"

namespace fanlight {

class Viewer;

// Owns: the order. Thread: its shard's.
// Invariants: a viewer in the queue is linked in one bucket and in the order of waiting; the clock
//   never goes back.
class FairQueue {
 public:
  // Turns that are closer to each other than this, bytes, are taken in the order of arrival. Frames
  // larger than all buckets together count as that large.
  static constexpr uint64_t kBucketBytes = 8 << 10;
  static constexpr size_t kBuckets = 256;

  bool empty() const noexcept { return waiting_.empty(); }
  size_t size() const noexcept { return waiting_.size(); }

  void push(Viewer& viewer, Instant now) noexcept;
  void remove(Viewer& viewer) noexcept;

  // The viewer whose turn it is; the queue is not empty.
  Viewer& front(Duration patience, Instant now) noexcept;

  // A viewer, no longer in the queue, has been given a frame of this size.
  static void charge(Viewer& viewer, size_t bytes) noexcept;

 private:
  List<Viewer>& bucket_of(const Viewer& viewer) noexcept;

  std::array<List<Viewer>, kBuckets> buckets_;  // by turn, from the clock on
  List<Viewer, WaitingOrder> waiting_;
  uint64_t clock_ = 0;  // in buckets
};

}  // namespace fanlight
