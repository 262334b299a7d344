// SPDX-License-Identifier: Apache-2.0
// EncoderPool: threads that encode pictures in parallel, for a camera faster than one thread.
// Results are delivered in the order of submission.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "capture/change/picture_cells.h"
#include "capture/jpeg/written_jpeg.h"
#include "capture/picture/picture.h"
#include "core/frame.h"
#include "core/frame_ring.h"
#include "core/segment_index.h"
#include "core/time.h"

namespace fanlight {

// A picture on its way to its place.
struct EncodeJob {
  Picture picture;
  FramePlace place;
  FrameInfo info;
  PictureCells* cells = nullptr;  // for a frame that is to be divided into segments
  SegmentGrid grid{};             // of no segments if it could not be divided
  Instant begun{};
  WrittenJpeg written{};
};

// Owns: its threads, and the jobs in flight.
// Thread: one submits, and also constructs and destroys; the pool's threads call `encode`
//   concurrently and `deliver` one at a time.
// Invariants: jobs are delivered in the order of submit(), each exactly once; at most threads() + 1
//   are in flight. An idle thread sleeps.
class EncoderPool {
 public:
  using Encode = std::function<void(size_t thread, EncodeJob& job)>;  // `thread` < threads()
  using Deliver = std::function<void(EncodeJob& job)>;

  // At least one thread. Neither function may throw. Throws std::system_error when no thread can be
  // created.
  EncoderPool(size_t threads, Encode encode, Deliver deliver);
  EncoderPool(const EncoderPool&) = delete;
  EncoderPool& operator=(const EncoderPool&) = delete;
  // Waits until everything is delivered.
  ~EncoderPool();

  // Submits a job; at most threads() may be in flight before the call.
  void submit(const EncodeJob& job);

  // Waits until at most `jobs_max` are in flight, which are the newest.
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

  std::mutex lock_;  // guards everything below except the threads
  std::condition_variable submitted_;
  std::condition_variable delivered_;
  std::vector<Slot> slots_;
  uint64_t oldest_ = 0;  // job numbers: the first not yet delivered,
  uint64_t next_ = 0;    // the first not yet begun,
  uint64_t end_ = 0;     // the next to be submitted; oldest_ <= next_ <= end_
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace fanlight
