// SPDX-License-Identifier: Apache-2.0
// Wire: the network capacity that the viewers share, as a budget of bytes.
//
// If more is sent than the link carries, the queue in front of it decides who gets what: frames
// wait for seconds, and some viewers get everything while others get nothing. So the server sends
// no more than the link carries, and spreads it over time: always the newest frame, to each viewer
// in turn (http/delivery/fair_queue.h).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/counter.h"
#include "core/time.h"

namespace fanlight {

// Bytes on Ethernet for `payload` bytes of TCP. Each segment of 1448 bytes takes 90 more: 32 of TCP
// with timestamps (RFC 7323), 20 of IPv4, 18 of Ethernet, and 20 of preamble and inter-packet gap
// (IEEE 802.3).
constexpr uint64_t bytes_on_wire(uint64_t payload) {
  return payload + (payload + 1447) / 1448 * 90;
}

struct WireConfig {
  uint64_t bits_per_second = 0;  // the link's capacity; 0: unknown, no viewer is held back
  double min_fps = 0.5;          // admit no more viewers than can have this rate
  bool local_too = false;        // viewers on this machine are held back too
  std::string origin{};          // "--max-egress" or "eth0", for the log
};

// Owns: the bucket, stored as the time until which the wire is booked.
// Thread: any; all shards share it.
// Invariant: within any time t at most kShare of the wire's capacity for t, plus depth(), is taken.
class Wire {
 public:
  // The rest is for acknowledgements, other traffic, and as a margin: just above the rate delay
  // rises steeply. At 102 % of it frames are ten times as old as at 95 %.
  static constexpr double kShare = 0.95;
  // A wake may be a few milliseconds late; with a smaller depth that capacity would be lost.
  static constexpr Duration kDepthMin = 5ms;

  Wire(const WireConfig& config, unsigned shards);

  // As at construction; the functions below return what set_rate() changes.
  const WireConfig& config() const noexcept { return config_; }
  uint64_t bits_per_second() const noexcept { return bits_per_second_.load(); }
  double min_fps() const noexcept { return min_fps_.load(); }

  // Changes the rate from now on; existing viewers stay.
  void set_rate(uint64_t bits_per_second, double min_fps) noexcept;

  // How long `payload` bytes occupy the wire at the rate in use.
  Duration time_for(size_t payload) const noexcept;

  // Takes `time` of the wire if it is free. This may be more than is free right now; the next
  // caller then waits.
  bool take(Duration time, Instant now) noexcept;

  // Takes `time` even if the wire is not free.
  void charge(Duration time, Instant now) noexcept;

  // The rule of every bucket here, the generic cell rate algorithm (ITU-T I.371): instead of a
  // level that drains, it keeps the time until which everything is booked. Taking `time` advances
  // it by `cost`.
  static Instant moved_on(Instant free_at, Duration time, Duration cost, Instant now) noexcept {
    // What is taken now counts towards the depth.
    return std::max(free_at, now - depth(time) + time) + cost;
  }

  // When take() will succeed again.
  Instant free_at() const noexcept { return free_at_.load(); }

  // How far the bucket may lag behind the clock, which is the largest burst: 5 ms or two frames of
  // `time` each.
  static Duration depth(Duration time) noexcept { return std::max<Duration>(kDepthMin, 2 * time); }

  // --- how the shards divide it: in proportion to their waiting viewers ---

  void set_waiting(unsigned shard, size_t viewers) noexcept { waiting_[shard].count.set(viewers); }
  uint64_t waiting_in_all() const noexcept;

  // --- how many viewers it can carry ---

  // Whether there is capacity for one more viewer that is owed `bytes_per_second`; if so, it is
  // reserved until give_back().
  bool claim(uint64_t bytes_per_second) noexcept;
  void give_back(uint64_t bytes_per_second) noexcept;
  uint64_t claimed() const noexcept { return claimed_.load(); }
  // Usable bytes per second, framing included.
  uint64_t usable() const noexcept { return usable_.load(); }

 private:
  struct alignas(64) Waiting {
    Counter count;
  };

  const WireConfig config_;
  std::atomic<uint64_t> bits_per_second_{0};
  std::atomic<double> min_fps_{0};
  std::atomic<uint64_t> usable_{0};
  const unsigned shards_;
  const std::unique_ptr<Waiting[]> waiting_;
  alignas(64) std::atomic<Instant> free_at_{Instant()};
  std::atomic<uint64_t> claimed_{0};
};

}  // namespace fanlight
