// SPDX-License-Identifier: Apache-2.0
// Counter: a number that one thread changes and any thread reads.
#pragma once

#include <atomic>
#include <cstdint>

namespace fanlight {

// Thread: add() and set() by the one writer; value() by any.
// A load and a store instead of a locked add: there is no other writer, so no update can be lost,
// and on the data path a counter costs the same as a plain variable.
class Counter {
 public:
  void add(uint64_t n = 1) noexcept { set(value() + n); }
  void subtract(uint64_t n = 1) noexcept { set(value() - n); }
  void set(uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace fanlight
