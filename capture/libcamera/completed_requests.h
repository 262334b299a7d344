// SPDX-License-Identifier: Apache-2.0
// CompletedRequests: what libcamera's thread tells the camera's.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "core/check.h"
#include "core/waker.h"

namespace fanlight {

// Owns: numbers of requests on their way, and an eventfd.
// Thread: add() and set_removed() by libcamera's thread; the rest by the camera's.
// Invariant: fd() is readable when something was told that was not taken yet.
class CompletedRequests {
 public:
  // At most `capacity` requests are on their way at any time: nothing is allocated later.
  explicit CompletedRequests(size_t capacity) { told_.reserve(capacity); }

  // Request `number` is complete, in whatever way.
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

  // Puts the numbers that came since the last call into `taken`, oldest first, in place of what is
  // in there; whether the camera is gone, which it stays.
  bool take(std::vector<size_t>& taken) noexcept {
    // In this order: what is told in between makes fd() readable once too often, and not once too
    // seldom.
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
