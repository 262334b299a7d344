// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/fair_queue.h"

#include <algorithm>

#include "http/delivery/viewer.h"

namespace fanlight {

void FairQueue::push(Viewer& viewer, Instant now) noexcept {
  FairShare& share = viewer;
  const uint64_t last = clock_ + kBuckets - 1;
  share.turn_ = std::clamp(share.end_, clock_ * kBucketBytes, last * kBucketBytes);
  share.waits_since_ = now;
  bucket_of(viewer).push_back(viewer);
  waiting_.push_back(viewer);
}

void FairQueue::remove(Viewer& viewer) noexcept {
  bucket_of(viewer).remove(viewer);
  waiting_.remove(viewer);
}

Viewer& FairQueue::front(Duration patience, Instant now) noexcept {
  Viewer& longest = waiting_.front();
  const FairShare& share = longest;
  if (now - share.waits_since_ >= patience) return longest;
  while (buckets_[clock_ % kBuckets].empty()) ++clock_;
  return buckets_[clock_ % kBuckets].front();
}

void FairQueue::charge(Viewer& viewer, size_t bytes) noexcept {
  FairShare& share = viewer;
  share.end_ = share.turn_ + bytes;
}

List<Viewer>& FairQueue::bucket_of(const Viewer& viewer) noexcept {
  const FairShare& share = viewer;
  return buckets_[share.turn_ / kBucketBytes % kBuckets];
}

}  // namespace fanlight
