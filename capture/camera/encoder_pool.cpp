// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/encoder_pool.h"

#include <pthread.h>

#include <utility>

#include "core/check.h"

namespace fanlight {

EncoderPool::EncoderPool(size_t threads, Encode encode, Deliver deliver)
    : encode_(std::move(encode)), deliver_(std::move(deliver)), slots_(threads + 1) {
  CHECK(threads >= 1);
  threads_.reserve(threads);
  try {
    for (size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([this, i] { run(i); });
      ::pthread_setname_np(threads_.back().native_handle(), "encoder");
    }
  } catch (...) {
    stop();
    throw;
  }
}

EncoderPool::~EncoderPool() {
  stop();
}

void EncoderPool::stop() noexcept {
  {
    const std::lock_guard guard(lock_);
    stopping_ = true;
  }
  submitted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  CHECK(oldest_ == end_);
}

void EncoderPool::submit(const EncodeJob& job) {
  {
    const std::lock_guard guard(lock_);
    CHECK(end_ - oldest_ < slots_.size());
    slot(end_++) = {job, false};
  }
  submitted_.notify_one();
}

void EncoderPool::wait_until_in_flight(size_t jobs_max) {
  std::unique_lock guard(lock_);
  delivered_.wait(guard, [&] { return end_ - oldest_ <= jobs_max; });
}

// The thread that completes the oldest job delivers it, and any jobs after it that are already
// done.
void EncoderPool::run(size_t thread) {
  std::unique_lock guard(lock_);
  for (;;) {
    submitted_.wait(guard, [this] { return next_ < end_ || stopping_; });
    if (next_ == end_) return;
    Slot& mine = slot(next_++);
    guard.unlock();
    encode_(thread, mine.job);
    guard.lock();
    mine.is_done = true;
    deliver_done();
  }
}

void EncoderPool::deliver_done() {
  while (oldest_ < next_ && slot(oldest_).is_done) {
    deliver_(slot(oldest_).job);
    ++oldest_;
  }
  delivered_.notify_one();
}

}  // namespace fanlight
