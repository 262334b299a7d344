// SPDX-License-Identifier: Apache-2.0
// Replay: the way of one client through the history of a camera (core/history/frame_history.h):
// one frame of it, or one after another.
//
// A frame is put together in memory of the replay, and sent from there, so that nobody holds the
// history while a socket takes its time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/frame.h"
#include "core/history/frame_history.h"
#include "core/history/history_reader.h"
#include "core/time.h"
#include "http/state/admission.h"

namespace fanlight {

class Replay;

// Thread: its shard's.
class ReplayOwner {
 public:
  virtual void destroy(Replay& replay) noexcept = 0;

 protected:
  ~ReplayOwner() = default;
};

// A place among a shard's replays.
struct ReplayPlace {
  ReplayOwner& owner;
  HistoryReader& reader;
  std::span<char> room;  // for the frame
};

enum class ReplayPace : uint8_t {
  original,  // a frame is due as long after the first as it was captured; late ones are skipped
  fastest,   // each frame as soon as the one before is sent
};

struct ReplayOptions {
  HistoryPoint first;
  HistoryPoint last;
  Duration interval{0};  // at least, between the captures of two frames
  ReplayPace pace = ReplayPace::original;
};

// Owns: its place; a share of the client's address.
// Thread: its shard's.
// Invariants: frame() does not change while it is sent; the numbers of the frames rise.
class Replay {
 public:
  Replay(const ReplayPlace& place, FrameHistory& history, AddressTable::Entry share) noexcept;
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;
  ~Replay();

  // Puts the first frame together. False if it has been forgotten. Call once, first.
  bool begin(const ReplayOptions& options, Instant now) noexcept;

  // The frame that take() has chosen; the first one before.
  const Frame& frame() const noexcept { return frame_; }

  // When the next frame is due; kNever if there is none.
  Instant due_at() const noexcept;
  // Whether a frame follows frame(), as far as is known by now.
  bool has_next() const noexcept { return next_.has_value(); }
  // Of the next frame, or of frame() if there is none, bytes.
  size_t next_bytes() const noexcept;
  // Makes the frame that is due frame(); or keeps that if none is due, or if it was forgotten.
  void take(Instant now) noexcept;
  // frame() has been sent: looks for the next one. At the fastest pace there is none if a frame
  // before it was forgotten.
  void advance() noexcept;
  // From the capture of a frame until it is due.
  Duration delay() const noexcept { return delay_; }
  // Returns it to its shard's places; it may not be used afterwards.
  void release() noexcept { place_.owner.destroy(*this); }

  const ReplayPlace& place() const noexcept { return place_; }
  AddressTable::Entry share() const noexcept { return share_; }

 private:
  std::optional<HistoryPoint> find_next() noexcept;
  bool read(uint64_t sequence) noexcept;

  const ReplayPlace place_;
  FrameHistory& history_;
  const AddressTable::Entry share_;
  ReplayOptions options_;
  Duration delay_{0};                 // from a capture until it is due
  std::optional<HistoryPoint> next_;  // after frame()
  bool is_loaded_ = false;            // next_ is in frame() already
  HistoryPoint shown_;                // frame()
  Frame frame_;
};

}  // namespace fanlight
