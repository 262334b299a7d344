// SPDX-License-Identifier: Apache-2.0
// AddressTable: how many viewers each address has.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fanlight {

// Owns: its entries, as many as there may be viewers; allocates only when made.
// Thread: one at a time (Admission holds a lock).
// Invariant: an address is here exactly while its count is above 0.
class AddressTable {
 public:
  using Key = std::array<std::byte, 16>;
  using Entry = uint32_t;
  static constexpr Entry kNone = ~Entry{0};

  explicit AddressTable(size_t capacity);

  // Counts one more for `key`, and returns its entry; kNone when it has `limit` already.
  Entry add(const Key& key, uint32_t limit) noexcept;
  void remove(Entry entry) noexcept;

 private:
  struct Address {
    Key key;
    uint32_t count;
    Entry next;  // in its bucket, or among the free ones
  };
  Entry& bucket_of(const Key& key) noexcept;

  std::vector<Address> addresses_;
  std::vector<Entry> buckets_;  // a power of two
  Entry free_ = kNone;
};

}  // namespace fanlight
