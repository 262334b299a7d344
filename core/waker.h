// SPDX-License-Identifier: Apache-2.0
// Waker: how another thread wakes a shard or an idle camera.
#pragma once

#include <cstdint>

#include "core/fd.h"

namespace fanlight {

// Owns: an eventfd(2), blocking, counter semantics.
// Thread: wake() from any thread; the owner reads fd() through its backend, or calls drain().
// Invariant: a wake() before or during a read is never lost: the counter holds it.
class Waker {
 public:
  // Throws std::system_error when the process has no descriptor left.
  Waker();

  // Makes fd() readable. Any thread; costs one write(2).
  void wake() noexcept;

  // Consumes all wakes so far, without blocking. The owner's thread.
  void drain() noexcept;

  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

}  // namespace fanlight
