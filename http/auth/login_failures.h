// SPDX-License-Identifier: Apache-2.0
// LoginFailures: how often clients of an address have given wrong credentials, and how long they
// must wait before they may try again.
//
// An attempt counts as a failure from its beginning until it has succeeded, so that many attempts
// at once are limited as well. The first ten are free; then each one is followed by a wait, of one
// second at first and twice as long each time, up to 64 seconds. What is asked during the wait is
// not examined, and does not count. An address that has not tried for 15 minutes is forgotten.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "core/time.h"
#include "io/peer_address.h"

namespace fanlight {

// Owns: its entries, allocated at construction. Thread: any.
// Invariants: an address (an IPv6 /64) has one entry, in the set that it selects by a random number
//   of this process; when the set is full, the entry whose last attempt is the oldest makes room.
class LoginFailures {
 public:
  static constexpr size_t kSets = 1024;
  static constexpr size_t kWays = 4;
  static constexpr uint32_t kFree = 10;
  static constexpr Duration kFirstWait = 1s;
  static constexpr unsigned kDoublings = 6;
  static constexpr Duration kForgotten = 15min;

  LoginFailures();

  // Zero: the attempt may begin, and counts as a failure. Else how long to wait.
  Duration begin(const PeerAddress& client, Instant now) noexcept;
  // An attempt that has begun was no failure.
  void succeeded(const PeerAddress& client) noexcept;

 private:
  using Network = std::array<std::byte, 16>;
  struct Entry {
    Network network{};
    uint32_t attempts = 0;  // 0: free
    Instant last{};
  };
  using Set = std::array<Entry, kWays>;
  Set& set_of(const Network& network) noexcept;
  static Duration wait_after(uint32_t attempts) noexcept;

  std::mutex mutex_;  // guards everything below
  std::vector<Set> sets_;
  const uint64_t secret_;
};

}  // namespace fanlight
