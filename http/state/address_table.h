// SPDX-License-Identifier: Apache-2.0
// AddressTable: the number of viewers of each address.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fanlight {

// Owns: its entries, one for each possible viewer; allocates only in the constructor.
// Thread: one at a time (Admission holds a lock).
// Invariant: an address is in the table exactly while its count is above 0.
class AddressTable {
 public:
  using Key = std::array<std::byte, 16>;
  using Entry = uint32_t;
  static constexpr Entry kNone = ~Entry{0};

  explicit AddressTable(size_t capacity);

  // Adds one to the count of `key` and returns its entry; kNone if the count is already `limit`.
  Entry add(const Key& key, uint32_t limit) noexcept;
  void remove(Entry entry) noexcept;

 private:
  struct Address {
    Key key;
    uint32_t count;
    Entry next;  // in its bucket, or in the free list
  };
  Entry& bucket_of(const Key& key) noexcept;

  std::vector<Address> addresses_;
  std::vector<Entry> buckets_;  // a power of two
  Entry free_ = kNone;
};

}  // namespace fanlight
