// SPDX-License-Identifier: Apache-2.0
// EncoderPool: threads that encode pictures side by side, for a camera that is faster than one of
// them. What they have made comes out in the order in which the pictures went in.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "capture/jpeg/written_jpeg.h"
#include "capture/picture/picture.h"
#include "core/frame.h"
#include "core/frame_ring.h"
#include "core/time.h"

namespace fanlight {

// A picture on its way into its place.
struct EncodeJob {
  Picture picture;
  FramePlace place;
  FrameInfo info;
  Instant begun{};
  WrittenJpeg written{};
};

// Owns: its threads, and the jobs in flight.
// Thread: one that submits, which also constructs and destroys; `encode` is called by the pool's
//   threads, several at once; `deliver` by any of them, one at a time.
// Invariants: jobs are delivered in the order of submit(), each exactly once; at most threads() + 1
//   are in flight. An idle thread sleeps.
class EncoderPool {
 public:
  using Encode = std::function<void(size_t thread, EncodeJob& job)>;  // `thread` < threads()
  using Deliver = std::function<void(EncodeJob& job)>;

  // At least one thread. Neither function may throw. Throws std::system_error when there can be no
  // thread.
  EncoderPool(size_t threads, Encode encode, Deliver deliver);
  EncoderPool(const EncoderPool&) = delete;
  EncoderPool& operator=(const EncoderPool&) = delete;
  // Waits until all is delivered.
  ~EncoderPool();

  // Hands over a job; there must be at most threads() in flight before.
  void submit(const EncodeJob& job);

  // Waits until at most so many are in flight; they are the newest.
  void wait_until_in_flight(size_t jobs_max);

  size_t threads() const { return threads_.size(); }

 private:
  struct Slot {
    EncodeJob job;
    bool is_done = false;
  };

  void run(size_t thread);
  void deliver_done();
  void stop() noexcept;
  Slot& slot(uint64_t number) { return slots_[number % slots_.size()]; }

  const Encode encode_;
  const Deliver deliver_;

  std::mutex lock_;  // of all below but the threads
  std::condition_variable submitted_;
  std::condition_variable delivered_;
  std::vector<Slot> slots_;
  uint64_t oldest_ = 0;  // numbers of jobs: the first that is not delivered,
  uint64_t next_ = 0;    // the first that no thread has begun,
  uint64_t end_ = 0;     // the one that comes next; oldest_ <= next_ <= end_
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace fanlight
