// SPDX-License-Identifier: Apache-2.0
// UpdateCache: what one shard sends of one camera on WebSockets besides the frames themselves:
// updates, and descriptions of whole frames; each made once for all viewers that need it.
//
// An update turns the picture of one frame, its base, into that of a newer one: it describes which
// segments changed in between, and carries them as one JPEG (core/segments/update_plan.h). It is
// a function of the two frames. Viewers that keep up have the same base; slow ones share frames by
// the ring's thinning (FrameRing), so that few bases exist.
//
// The bytes are copied out of the frame, once per shard, rather than gathered by each send: an
// update of 57 segments needs 114 slices, because its restart markers are numbered anew.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/frame_ring.h"
#include "core/segments/update_plan.h"
#include "core/slab.h"
#include "http/delivery/web_socket_message.h"

namespace fanlight {

class UpdateCache;

// A counted reference to an update: its bytes do not change while there is one.
// Thread: its shard's.
class UpdateRef {
 public:
  UpdateRef() = default;
  UpdateRef(const UpdateRef& other) noexcept;
  UpdateRef(UpdateRef&& other) noexcept { swap(other); }
  UpdateRef& operator=(UpdateRef other) noexcept {
    swap(other);
    return *this;
  }
  ~UpdateRef() { reset(); }

  explicit operator bool() const { return cache_ != nullptr; }
  // The messages with their headers, as they are sent; see web_socket_message.h.
  std::string_view bytes() const;
  // Nothing changed: there is only the description.
  bool is_empty() const;
  void reset() noexcept;

 private:
  friend class UpdateCache;
  UpdateRef(UpdateCache* cache, size_t slot) : cache_(cache), slot_(slot) {}
  void swap(UpdateRef& other) noexcept {
    std::swap(cache_, other.cache_);
    std::swap(slot_, other.slot_);
  }
  UpdateCache* cache_ = nullptr;
  size_t slot_ = 0;
};

// Owns: the memory of kSlots updates, touched lazily, and of a description for each place of the
//   ring.
// Thread: its shard's.
// Invariants: nothing is allocated after construction; an update with its description is smaller
//   than the frame's JPEG; all updates together hold at most memory_max() bytes.
class UpdateCache {
 public:
  // More updates at one time are not made: their viewers get whole frames.
  static constexpr size_t kSlots = 64;
  // Of the memory that the ring may use, the part that its updates on one shard may use.
  static constexpr size_t kMemoryShare = 8;
  // So many of the largest updates fill that memory; larger ones are not made.
  static constexpr size_t kSlotsFilled = 4;

  // Throws std::system_error when the address space is refused.
  // `camera`: its name, borrowed; it may be given later.
  UpdateCache(const FrameRing& ring, const std::string& camera);
  UpdateCache(const FrameRing& ring, std::string&& camera) = delete;
  UpdateCache(const UpdateCache&) = delete;
  UpdateCache& operator=(const UpdateCache&) = delete;
  ~UpdateCache();

  // The update from frame `base` to `frame`, the channel's newest. Empty if the frame must be sent
  // whole: it cannot be updated from there, an update would not be smaller, or there is no room.
  UpdateRef get(const Frame& frame, uint64_t base) noexcept;

  // What is sent before a whole frame: its description and the JPEG's header. Valid as long as the
  // frame is pinned.
  std::string_view description_of(const Frame& frame) noexcept;

  // Drops the updates of the newest frame, except where a viewer is being sent one: there is a
  // newer frame.
  void forget() noexcept;

  // The mean size of the last 16 or so, bytes, with whole frames where updates would not be
  // smaller; 0 before the first.
  size_t mean_bytes() const noexcept { return mean_bytes_; }

  const std::string& camera() const noexcept { return camera_; }
  // Memory that updates have touched and that was not returned.
  size_t held_bytes() const noexcept { return held_bytes_; }
  size_t memory_max() const noexcept { return memory_max_; }

 private:
  friend class UpdateRef;
  static constexpr size_t kWhole = ~size_t{0};  // in place of a slot: the frame is sent whole

  struct Slot {
    uint32_t references = 0;
    bool is_empty = false;
    size_t touched = 0;  // bytes of its memory, from its start
    std::string_view bytes{};
  };
  struct Description {
    uint64_t sequence = 0;  // of the frame that it is of; 0: none
    std::string_view text{};
    std::array<char, kPrefixMax> room;
  };
  // An update of the newest frame.
  struct Entry {
    uint64_t base;
    size_t slot;  // or kWhole
  };

  size_t make(const Frame& frame, uint64_t base) noexcept;
  size_t whole_instead(size_t bytes) noexcept;
  void note_size(size_t bytes) noexcept;
  size_t find_free_slot() const noexcept;
  bool reserve(size_t slot, size_t bytes) noexcept;
  std::string_view assemble(std::span<char> room) const noexcept;
  void trim_free_slots() noexcept;
  void release(size_t slot) noexcept;

  const std::string& camera_;
  const size_t memory_max_;
  const size_t page_;
  const size_t stride_;  // bytes from slot to slot
  LazyMemory memory_;
  std::array<Slot, kSlots> slots_{};
  std::vector<Entry> entries_;  // of frame entries_of_, at most kSlots
  uint64_t entries_of_ = 0;
  std::vector<Description> descriptions_;  // by the place of the frame
  UpdatePlan plan_;                        // of the update that is being made
  size_t held_bytes_ = 0;
  size_t mean_bytes_ = 0;
};

}  // namespace fanlight
