// SPDX-License-Identifier: Apache-2.0
// Wire: the link that the viewers share, and the budget of bytes on it.
//
// When more is sent than the link carries, its queue decides who gets what: frames wait for
// seconds, some viewers get everything and others nothing. So no more is sent than it carries, and
// what is sent is spread over time: whole frames, the newest one, to the next viewer in turn.
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

// Bytes on Ethernet for `payload` bytes of TCP: for every segment of 1448 bytes 90 more, which are
// 32 of TCP with its timestamps (RFC 7323), 20 of IPv4, 18 of Ethernet, and 20 of the preamble and
// the gap before the next (IEEE 802.3).
constexpr uint64_t bytes_on_wire(uint64_t payload) {
  return payload + (payload + 1447) / 1448 * 90;
}

struct WireConfig {
  uint64_t bits_per_second = 0;  // what the link carries; 0: not known, nobody is held back
  double min_fps = 0.5;          // no more viewers than can have so many frames a second
  bool local_too = false;        // also viewers on this machine are held back
  std::string origin{};          // "--max-egress" or "eth0", for the log
};

// Owns: the bucket: the moment until which the wire is spoken for.
// Thread: any; all shards share it.
// Invariant: what is taken within any time t is at most kShare of what the wire carries in t, and
//   depth() more.
class Wire {
 public:
  // What is left is for acknowledgements, for other traffic, and because above the rate is a
  // cliff: at 102 % of it the age of frames is ten times that at 95 %.
  static constexpr double kShare = 0.95;
  // A wake may be a few milliseconds late, and what was not sent meanwhile would be lost.
  static constexpr Duration kDepthMin = 5ms;

  Wire(const WireConfig& config, unsigned shards);

  // As it was made; what set_rate() changes is told by the functions below.
  const WireConfig& config() const noexcept { return config_; }
  uint64_t bits_per_second() const noexcept { return bits_per_second_.load(); }
  double min_fps() const noexcept { return min_fps_.load(); }

  // Another rate from now on; nobody is sent away who is here.
  void set_rate(uint64_t bits_per_second, double min_fps) noexcept;

  // How long the wire is busy with `payload` bytes at the rate that is used.
  Duration time_for(size_t payload) const noexcept;

  // Takes `time` of the wire if it is free, which may be more than is free at this moment: the
  // next one waits for it.
  bool take(Duration time, Instant now) noexcept;

  // Takes it in any case.
  void charge(Duration time, Instant now) noexcept;

  // The rule of every bucket here, the generic cell rate algorithm (ITU-T I.371): instead of a
  // level that drips, the moment until which all is spoken for. Taking `time` moves it on by
  // `cost`.
  static Instant moved_on(Instant free_at, Duration time, Duration cost, Instant now) noexcept {
    // What is taken now counts towards the depth.
    return std::max(free_at, now - depth(time) + time) + cost;
  }

  // From when on take() succeeds.
  Instant free_at() const noexcept { return free_at_.load(); }

  // How far behind the clock the bucket stays at most, so what may be sent at once: 5 ms or two
  // frames of `time` each.
  static Duration depth(Duration time) noexcept { return std::max<Duration>(kDepthMin, 2 * time); }

  // --- how shards divide it: by the viewers that wait in each ---

  void set_waiting(unsigned shard, size_t viewers) noexcept { waiting_[shard].count.set(viewers); }
  uint64_t waiting_in_all() const noexcept;

  // --- how many it bears ---

  // Whether one more viewer who is owed `bytes_per_second` finds room; if so it has it until
  // give_back().
  bool claim(uint64_t bytes_per_second) noexcept;
  void give_back(uint64_t bytes_per_second) noexcept;
  uint64_t claimed() const noexcept { return claimed_.load(); }
  // Bytes a second, framing included, that may be used.
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
