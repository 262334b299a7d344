// SPDX-License-Identifier: Apache-2.0
// AddressTable: how much each address holds of what there is a limited number of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/slab.h"

namespace fanlight {

// What is counted for an address, each kind by itself.
enum class Held : uint8_t { connection, stream, report, table, replay, handshake };
inline constexpr size_t kHeldKinds = 6;

// Owns: its entries; allocates only in the constructor, and touches only the memory it uses.
// Thread: one at a time (Admission holds a lock).
// Invariant: an address is in the table exactly while one of its counts is above 0.
class AddressTable {
 public:
  using Key = std::array<std::byte, 16>;
  using Entry = uint32_t;
  static constexpr Entry kNone = 0;

  // `capacity`: the most addresses at the same time. Throws std::system_error.
  explicit AddressTable(size_t capacity);
  AddressTable(const AddressTable&) = delete;
  AddressTable& operator=(const AddressTable&) = delete;
  ~AddressTable();

  // Adds one to a count of `key` and returns its entry; kNone if the count is already `limit`,
  // which is above 0.
  Entry add(const Key& key, Held kind, size_t limit) noexcept;
  void remove(Entry entry, Held kind) noexcept;

  size_t addresses() const noexcept { return used_; }

 private:
  struct Address {
    Key key;
    std::array<uint32_t, kHeldKinds> counts;
    Entry next;  // in its bucket, or in the free list
  };
  Entry& bucket_of(const Key& key) noexcept;
  Address& at(Entry entry) noexcept;
  Entry make(const Key& key) noexcept;

  const size_t capacity_;
  const size_t buckets_max_;    // a power of two
  const LazyMemory buckets_;    // zero is kNone
  const LazyMemory addresses_;  // the entry's number is 1 more than the place
  Entry touched_ = 0;           // entries that were used ever
  Entry free_ = kNone;
  size_t used_ = 0;
};

}  // namespace fanlight
