// SPDX-License-Identifier: Apache-2.0
// CompletedRequests: messages from libcamera's thread to the camera's.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "core/check.h"
#include "core/waker.h"

namespace fanlight {

// Owns: the numbers of completed requests not yet taken, and an eventfd.
// Thread: add() and set_removed() by libcamera's thread; the rest by the camera's.
// Invariant: fd() is readable while there is something to take().
class CompletedRequests {
 public:
  // At most `capacity` requests are in flight at any time: nothing is allocated later.
  explicit CompletedRequests(size_t capacity) { told_.reserve(capacity); }

  // Request `number` is complete, with whatever result.
  void add(size_t number) noexcept {
    {
      const std::lock_guard lock(mutex_);
      CHECK(told_.size() < told_.capacity());
      told_.push_back(number);
    }
    waker_.wake();
  }

  // The camera was unplugged.
  void set_removed() noexcept {
    {
      const std::lock_guard lock(mutex_);
      removed_ = true;
    }
    waker_.wake();
  }

  // Replaces the content of `taken` with the numbers added since the last call, oldest first.
  // Returns whether the camera is gone, which is permanent.
  bool take(std::vector<size_t>& taken) noexcept {
    // In this order: a number added in between makes fd() readable once too often rather than once
    // too seldom.
    waker_.drain();
    const std::lock_guard lock(mutex_);
    taken.assign(told_.begin(), told_.end());
    told_.clear();
    return removed_;
  }

  int fd() const { return waker_.fd(); }

 private:
  Waker waker_;
  std::mutex mutex_;
  std::vector<size_t> told_;
  bool removed_ = false;
};

}  // namespace fanlight
