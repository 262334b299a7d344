// SPDX-License-Identifier: Apache-2.0
// ArrivalTable: when each frame arrived at its first and at its last viewer, over all threads.
//
// It answers two questions about fairness that no single viewer can: how far apart the first and
// the last viewer of a frame are (skew), and whether some viewers are always served last (rank).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/time.h"
#include "tools/load/latency_histogram.h"

namespace fanlight {

// Owns: 2^18 places of 32 bytes, mapped by the kernel only as far as they are touched.
// Thread: arrive() by any number of threads; the rest after they have finished.
// Invariants: a place belongs to one frame forever, so no update can affect another frame; at most
// half of the places are taken, and frames after that are not followed.
class ArrivalTable {
 public:
  // Throws std::system_error when the address space is refused.
  ArrivalTable();
  ArrivalTable(const ArrivalTable&) = delete;
  ArrivalTable& operator=(const ArrivalTable&) = delete;
  ~ArrivalTable();

  static constexpr uint32_t kNotFollowed = UINT32_MAX;

  // A viewer has received the whole frame `key` (its sequence number, or its time). Returns how
  // many had it before, or kNotFollowed.
  uint32_t arrive(uint64_t key, Instant now) noexcept;

  struct Summary {
    uint64_t frames = 0;  // that were followed
    LatencyHistogram skew;
    double arrivals_per_frame = 0;
  };
  // Of the frames that first arrived in [begin, end), except the last one, which some viewers may
  // not have received yet.
  std::unique_ptr<Summary> summarise(Instant begin, Instant end) const;

 private:
  struct Place {
    std::atomic<uint64_t> key_plus_1{0};  // 0: free
    std::atomic<int64_t> first_ns{0};     // 0: none yet
    std::atomic<int64_t> last_ns{0};
    std::atomic<uint32_t> arrivals{0};
  };
  static constexpr size_t kPlacesBits = 18;
  static constexpr size_t kPlaces = size_t{1} << kPlacesBits;

  Place* find_or_take(uint64_t key) noexcept;

  Place* places_ = nullptr;
  std::atomic<size_t> taken_{0};
};

}  // namespace fanlight
