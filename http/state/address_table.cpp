// SPDX-License-Identifier: Apache-2.0
#include "http/state/address_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "core/check.h"

namespace fanlight {

AddressTable::AddressTable(size_t capacity)
    : capacity_(capacity),
      buckets_max_(std::bit_ceil(std::max<size_t>(capacity, 2))),
      buckets_(buckets_max_ * sizeof(Entry)),
      addresses_(capacity * sizeof(Address)) {
  CHECK(capacity <= UINT32_MAX);
}

AddressTable::~AddressTable() {
  CHECK(used_ == 0);
}

// Both halves times odd constants (Knuth's multiplicative hashing). An attacker with enough
// addresses to make one bucket long does not need to.
AddressTable::Entry& AddressTable::bucket_of(const Key& key) noexcept {
  uint64_t halves[2];
  std::memcpy(halves, key.data(), sizeof halves);
  const uint64_t mixed = (halves[0] * 0x9e3779b97f4a7c15) ^ (halves[1] * 0xc2b2ae3d27d4eb4f);
  return reinterpret_cast<Entry*>(buckets_.data())[(mixed >> 32) & (buckets_max_ - 1)];
}

AddressTable::Address& AddressTable::at(Entry entry) noexcept {
  CHECK(entry != kNone && entry <= touched_);
  return reinterpret_cast<Address*>(addresses_.data())[entry - 1];
}

AddressTable::Entry AddressTable::make(const Key& key) noexcept {
  CHECK(used_ < capacity_);
  ++used_;
  const Entry entry = free_ == kNone ? ++touched_ : std::exchange(free_, at(free_).next);
  Entry& bucket = bucket_of(key);
  at(entry) = {key, {}, bucket};
  return bucket = entry;
}

AddressTable::Entry AddressTable::add(const Key& key, Held kind, size_t limit) noexcept {
  CHECK(limit > 0);
  Entry entry = bucket_of(key);
  while (entry != kNone && at(entry).key != key) entry = at(entry).next;
  if (entry == kNone) entry = make(key);
  uint32_t& count = at(entry).counts[static_cast<size_t>(kind)];
  if (count >= limit) return kNone;
  ++count;
  return entry;
}

void AddressTable::remove(Entry entry, Held kind) noexcept {
  Address& address = at(entry);
  uint32_t& count = address.counts[static_cast<size_t>(kind)];
  CHECK(count > 0);
  --count;
  if (address.counts != std::array<uint32_t, kHeldKinds>{}) return;
  Entry* link = &bucket_of(address.key);
  while (*link != entry) link = &at(*link).next;
  *link = std::exchange(address.next, free_);
  free_ = entry;
  --used_;
}

}  // namespace fanlight
