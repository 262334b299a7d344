// SPDX-License-Identifier: Apache-2.0
// FrameRing: the newest encoded frames of one rendition of one camera; the one place where the
// capture threads and the shards meet.
//
// The camera thread acquires a place, encodes into it, and publishes it. Shards take the newest
// frame and pin it for as long as one of their sockets is still sending it. Neither side waits: a
// writer that finds no free place drops the frame, a slow reader skips frames.
//
// Slow viewers and places. A send to a slow socket pins its frame until the last byte is taken, so
// a thousand slow viewers in a thousand different frames would need a thousand places. They are
// kept out of different frames: a viewer that needs n frame intervals for a frame starts only on
// frames whose sequence is divisible by step_for(n), a power of two of about 2n/window. Frames of
// age n are then pinned only at multiples of that power, and with a window of 8 the ring holds the
// newest 8 frames and 4 more for every doubling of age: 40 places reach from 30 fps down to a frame
// in 68 s, whatever the number of viewers and shards. places() is 8 x window, 64 here: the rest is
// for viewers whose pace is not known yet.
//
// Older frames stay where they are until their places are reused. Normally that is soon, because
// the place used last is in the cache; while somebody wants older frames (keep_older_until()), it
// is as late as possible, and with 64 places a frame can be found for two seconds at 30 fps.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/check.h"
#include "core/counter.h"
#include "core/frame.h"
#include "core/histogram.h"
#include "core/segment_index.h"
#include "core/shared_memory.h"
#include "core/time.h"
#include "core/waker.h"

namespace fanlight {

class FrameRing;

// One pin on one frame: the frame does not change until the pin is released.
// Thread: the shard that took it. Move-only.
class FrameRef {
 public:
  FrameRef() = default;
  FrameRef(FrameRef&& other) noexcept;
  FrameRef& operator=(FrameRef&& other) noexcept;
  ~FrameRef() { reset(); }

  explicit operator bool() const { return frame_ != nullptr; }
  const Frame& operator*() const { return *frame_; }
  const Frame* operator->() const { return frame_; }
  const Frame* get() const { return frame_; }
  void reset() noexcept;

 private:
  friend class FrameRing;
  FrameRef(FrameRing* ring, const Frame* frame) : ring_(ring), frame_(frame) {}
  FrameRing* ring_ = nullptr;
  const Frame* frame_ = nullptr;
};

// A place that the writer has acquired: the picture is written to `jpeg`.
struct FramePlace {
  uint32_t index;
  std::span<std::byte> jpeg;
};

// What the camera thread reports about its camera, and its publisher (capture/nats); any thread
// reads it.
struct CaptureStats {
  Counter captured;              // pictures that the source delivered
  Counter encoded;               // frames published, including slates
  Counter slates;                // slates among them
  Counter segments;              // of frames that were divided
  Counter segments_changed;      // of those, the ones that had changed
  Counter undivided;             // frames that could not be divided, though updates were watched
  Counter dropped_no_place;      // no place was free
  Counter dropped_bad;           // broken pictures, never served
  Counter lost_by_device;        // sequence numbers that the device skipped
  Counter damaged_by_device;     // pictures that it marked as damaged or delivered incomplete
  Counter dropped_late;          // skipped because a newer one had already arrived
  Counter source_failures;       // times that the source failed or could not be opened
  Counter reclaims;              // frames whose viewers had to release them
  Counter width, height;         // of the newest frame, pixels
  Counter quality;               // 1..100, of JPEGs encoded here
  Counter captured_at_ns;        // Instant of the last picture from the source; 0: none yet
  Counter pictured_at_ns;        // Instant of capture of the newest published picture; 0: none yet
  Counter measured_interval_ns;  // between the pictures of the last second; 0 if not known
  Counter interval_ns;           // nominal time between two frames, 0 if not known
  Counter online;                // 1 while the source delivers pictures, else 0
  Counter published;             // by the publisher, slates and repeated frames included
  Counter published_bytes;       // of those
  Counter publish_skipped;       // pictures that it skipped, because the server was slow
  Counter publish_too_large;     // frames that it could not publish for their size
  Counter publish_failures;      // times that its connection failed or could not be made
  Counter publish_online;        // 1 while it has a connection, else 0
  Histogram encode_time;

  // Pictures that were never served, for any reason.
  uint64_t dropped() const noexcept {
    return dropped_no_place.value() + dropped_bad.value() + lost_by_device.value() +
           damaged_by_device.value() + dropped_late.value();
  }
};

// What to expect of the source at the moment.
enum class CaptureActivity : uint8_t {
  live,    // new pictures
  silent,  // nothing new, until something changes (Source::may_be_silent())
  idle,    // nothing: no one is watching, and the newest frame may be hours old
};

struct FrameRingConfig {
  size_t window = 8;  // frames kept whole before thinning begins; 2..32, a power of two
  size_t jpeg_capacity = 1 << 20;  // bytes reserved per JPEG; touched only as far as used
  size_t memory_limit = 64 << 20;  // bytes of frames held at one time, all places together
  // A frame's pages may be queued in sockets for longer than it is pinned
  // (Backend::share_memory()): each new picture gets new pages. Costs a few microseconds per frame.
  bool detach_pages = false;
};

// Owns: the memory of all places, touched lazily.
// Thread: acquire(), publish(), abandon() by one writer at a time: the camera thread, or its
//   encoders under their own lock, which may hold several places at the same time; newest(),
//   release, watch(), unwatch() by any shard; add_reader() before the threads start.
// Invariants: a pinned place is never written; the newest frame's place is never acquired;
//   sequence numbers rise with every publish; pins == 0 when destroyed.
class FrameRing {
 public:
  static constexpr size_t kPlacesPerWindow = 8;
  static constexpr uint32_t kNewcomerStepMax = 1024;

  // Throws std::system_error when the address space is refused.
  explicit FrameRing(const FrameRingConfig& config);
  FrameRing(const FrameRing&) = delete;
  FrameRing& operator=(const FrameRing&) = delete;
  ~FrameRing();

  // --- the writer ---

  // A free place, or nothing (the frame is to be dropped; it is counted here). When places or
  // memory run short, the readers of the oldest frame are asked to release it (reclaim_through()).
  struct Acquired {
    bool ok = false;
    FramePlace place{};
    explicit operator bool() const { return ok; }
  };
  Acquired acquire() noexcept;

  // Room behind a JPEG of `jpeg_size` bytes for the list of its segments (SegmentIndex), of which a
  // place holds at most segments_max().
  std::span<Segment> segment_room(const FramePlace& place, size_t jpeg_size) noexcept;
  size_t segments_max() const noexcept { return segments_max_; }

  // Makes the place's first `jpeg_size` bytes the newest frame and wakes the readers.
  // `info.sequence` must be greater than any before. `grid`: that of the segments in
  // segment_room(); of no segments if the JPEG is not divided.
  void publish(const FramePlace& place, size_t jpeg_size, const FrameInfo& info,
               const SegmentGrid& grid = {}) noexcept;

  // Returns an acquired place unused.
  void abandon(const FramePlace& place) noexcept;

  // Goes on where the ring of an earlier process has ended, whose last frame had this number and
  // Frame::pictures(). Before the first frame, and before the threads start.
  void continue_from(uint64_t sequence, uint64_t pictures) noexcept;
  // What a ring that continues from this one is told.
  struct Continuation {
    uint64_t sequence;
    uint64_t pictures;
  };
  Continuation continuation() noexcept;

  // What the readers are to expect from now on.
  void set_activity(CaptureActivity activity) noexcept { activity_.store(activity); }

  // Whether viewers are to leave for another rung: this one is not encoded, to relieve the
  // processor.
  void set_withheld(bool withheld) noexcept { is_withheld_.store(withheld); }

  // --- the readers ---

  // The newest frame, pinned, if its sequence is greater than `sequence`; else an empty reference.
  FrameRef newer_than(uint64_t sequence) noexcept;

  // The frame of this sequence, pinned, if its place has not been reused and its release is not
  // requested; else an empty reference.
  FrameRef find(uint64_t sequence) noexcept;
  // The lowest sequence that find() would find now; 0 before the first frame.
  uint64_t oldest_sequence() noexcept;
  // Has places reused as late as possible, until a frame that was captured later than this. Calls
  // with an earlier instant than before have no effect.
  void keep_older_until(Instant until) noexcept { raise(keep_until_, until); }

  // Frames up to this sequence must be released immediately: their viewers are closed. 0: none.
  uint64_t reclaim_through() const noexcept { return reclaim_through_.load(); }

  // For viewers whose pace is not known: start only on frames whose sequence is divisible by this.
  // 1 while at least four fifths of the places are free, and of the memory that the newest frame
  // leaves for older ones; 8 times as much with every halving of what is free, at most
  // kNewcomerStepMax.
  uint32_t newcomer_step() const noexcept { return newcomer_step_.load(std::memory_order_relaxed); }

  // For a viewer whose last frame took `intervals` frame intervals (see the top of this file).
  uint32_t step_for(uint64_t intervals) const noexcept;

  CaptureActivity activity() const noexcept { return activity_.load(std::memory_order_relaxed); }
  bool is_withheld() const noexcept { return is_withheld_.load(std::memory_order_relaxed); }

  // Every publish wakes `waker`, which must outlive the ring's use. Before the threads start.
  void add_reader(Waker* waker) { readers_.push_back(waker); }

  // --- who is watching: lets a camera stop when no one is ---

  void watch() noexcept;  // wakes demand() if it was the first watcher
  void unwatch() noexcept;
  uint32_t watchers() const noexcept { return watchers_.load(); }
  Waker& demand() noexcept { return demand_; }

  // Of the watchers, those that get updates: while there are any, frames are to be divided into
  // segments.
  void watch_updates() noexcept { update_watchers_.fetch_add(1); }
  void unwatch_updates() noexcept { CHECK(update_watchers_.fetch_sub(1) > 0); }
  // For those who come for one update after the other: until a frame that was captured later than
  // this. Calls with an earlier instant than before have no effect.
  void divide_until(Instant until) noexcept { raise(divide_until_, until); }
  bool wants_segments() const noexcept {  // the writer's
    return update_watchers_.load() > 0 ||
           divide_until_.load(std::memory_order_relaxed) > newest_at_;
  }

  // --- figures ---

  CaptureStats& stats() noexcept { return stats_; }
  const CaptureStats& stats() const noexcept { return stats_; }
  size_t places() const noexcept { return places_.size(); }
  size_t window() const noexcept { return window_; }
  size_t jpeg_capacity() const noexcept { return jpeg_capacity_; }
  size_t memory_limit() const noexcept { return memory_limit_; }
  bool detaches_pages() const noexcept { return detach_pages_; }
  // All places, and the file that holds them from its offset 0; -1 when there is none.
  std::span<const std::byte> memory() const noexcept { return memory_.bytes(); }
  int memory_fd() const noexcept { return memory_.fd(); }
  // Bytes of memory that frames have touched and that were not returned. Any thread.
  uint64_t touched_bytes() const noexcept { return touched_bytes_.value(); }
  // Places that are not free: held by readers or by the writer, or the newest frame's. Any thread;
  // measured at every publish.
  uint64_t pinned_places() const noexcept { return pinned_places_.value(); }

 private:
  // `pins` counts the readers; kWriting is added while the writer has the place.
  static constexpr uint32_t kWriting = 1u << 31;
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint64_t kNoSequence = 0;  // of a place without a picture
  struct alignas(64) Place {
    std::atomic<uint32_t> pins{0};
    size_t touched = 0;  // bytes from the place's start that hold memory; the writer's
    Frame frame;
  };
  friend class FrameRef;

  void release(const Frame& frame) noexcept;
  bool try_take(uint32_t index) noexcept;
  uint32_t take_any() noexcept;
  uint32_t take_oldest(size_t touched_min) noexcept;
  uint32_t oldest_free(size_t touched_min) const noexcept;
  FrameRef pin(Place& place) noexcept;
  bool keeps_older() const noexcept;
  static void raise(std::atomic<Instant>& value, Instant to) noexcept;
  void set_segments(Place& place, const SegmentGrid& grid) const noexcept;
  void count_published(const FrameInfo& info) noexcept;
  void count_pinned() noexcept;
  double used_share(size_t pinned, size_t pinned_bytes) const noexcept;
  bool relieve(size_t excess_bytes) noexcept;
  const Place* oldest_held_after(uint64_t sequence) const noexcept;
  void wake_readers() noexcept;
  void trim_free_places(size_t bytes) noexcept;
  void give_back(uint32_t index) noexcept;
  std::byte* memory_of(uint32_t index) const { return memory_.bytes().data() + index * stride_; }

  const size_t window_;
  const size_t jpeg_capacity_;
  const size_t segments_max_;
  const size_t memory_limit_;
  const bool detach_pages_;
  const size_t page_size_;
  const size_t stride_;
  std::vector<Place> places_;
  std::vector<Waker*> readers_;
  SharedMemory memory_;
  Waker demand_;
  CaptureStats stats_;

  std::atomic<uint32_t> newest_{kNone};  // place of the newest frame
  uint64_t newest_sequence_ = 0;         // the writer's copy
  Instant newest_at_{};                  // when it was captured; the writer's
  // Of earlier processes: the newest frame's number, and how many pictures they have published.
  uint64_t sequence_before_ = 0;
  uint64_t pictures_before_ = 0;
  std::atomic<Instant> keep_until_{Instant{}};
  std::atomic<Instant> divide_until_{Instant{}};
  std::atomic<uint64_t> reclaim_through_{0};
  std::atomic<CaptureActivity> activity_{CaptureActivity::live};
  std::atomic<bool> is_withheld_{false};
  std::atomic<uint32_t> newcomer_step_{1};
  std::atomic<uint32_t> watchers_{0};
  std::atomic<uint32_t> update_watchers_{0};
  Counter touched_bytes_;
  Counter pinned_places_;
};

}  // namespace fanlight
