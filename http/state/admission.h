// SPDX-License-Identifier: Apache-2.0
// Admission: decides who may become a viewer, and counts the limited resources that each one holds.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "http/state/address_table.h"
#include "io/peer_address.h"

namespace fanlight {

class Wire;

struct AdmissionConfig {
  size_t viewers_max = 1000;       // concurrent streams, all shards together
  size_t viewers_per_address = 0;  // from one IPv4 address or IPv6 /64; 0: no limit
};

enum class Verdict : uint8_t {
  admitted,
  full,          // viewers_max
  address_full,  // viewers_per_address
  wire_full,     // each viewer would get less than WireConfig::min_fps
};

// What a viewer holds; returned by Admission::leave().
struct ViewerPlace {
  bool taken = false;
  bool paced = false;  // subject to the wire's budget
  AddressTable::Entry address = AddressTable::kNone;
  uint64_t bytes_per_second = 0;  // claimed on the wire
};

// Owns: the counts. Thread: any; all shards share it.
class Admission {
 public:
  // `wire` may be nullptr.
  Admission(const AdmissionConfig& config, Wire* wire);

  // Takes a place if there is one. The viewer is owed at least one frame of `frame_bytes` every
  // 1/fps seconds, where fps is the wire's min_fps, or `fps_wished` if that is lower.
  Verdict admit(const PeerAddress& peer, size_t frame_bytes, double fps_wished,
                ViewerPlace& place) noexcept;

  // Does nothing when the place is not taken.
  void leave(ViewerPlace& place) noexcept;

  // Changes the limits from now on; existing viewers stay. `viewers_max` may not exceed the value
  // given at construction, for which everything was sized. Main thread only; allocates.
  void set_limits(const AdmissionConfig& config);

  size_t viewers() const noexcept { return viewers_.load(); }
  uint64_t admitted() const noexcept { return admitted_.load(); }  // since the start
  size_t most() const noexcept { return most_.load(); }            // concurrent, since the start
  AdmissionConfig config() const noexcept {
    return {viewers_max_.load(), viewers_per_address_.load()};
  }

 private:
  void count_admitted() noexcept;
  bool take_address(const PeerAddress& peer, ViewerPlace& place) noexcept;
  bool take_wire(const PeerAddress& peer, size_t frame_bytes, double fps_wished,
                 ViewerPlace& place) noexcept;

  const size_t capacity_;
  std::atomic<size_t> viewers_max_;
  std::atomic<size_t> viewers_per_address_{0};
  Wire* const wire_;
  std::atomic<size_t> viewers_{0};
  std::atomic<uint64_t> admitted_{0};
  std::atomic<size_t> most_{0};
  std::mutex mutex_;                       // guards addresses_
  std::optional<AddressTable> addresses_;  // created with the first per-address limit
};

}  // namespace fanlight
