// SPDX-License-Identifier: Apache-2.0
#include "http/state/address_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "core/check.h"

namespace fanlight {

AddressTable::AddressTable(size_t capacity)
    : addresses_(capacity), buckets_(std::bit_ceil(std::max<size_t>(capacity, 2)), kNone) {
  for (size_t i = capacity; i > 0; --i) {
    addresses_[i - 1].next = std::exchange(free_, static_cast<Entry>(i - 1));
  }
}

// Both halves times odd constants (Knuth's multiplicative hashing). An attacker with enough
// addresses to make one bucket long does not need to.
AddressTable::Entry& AddressTable::bucket_of(const Key& key) noexcept {
  uint64_t halves[2];
  std::memcpy(halves, key.data(), sizeof halves);
  const uint64_t mixed = (halves[0] * 0x9e3779b97f4a7c15) ^ (halves[1] * 0xc2b2ae3d27d4eb4f);
  return buckets_[(mixed >> 32) & (buckets_.size() - 1)];
}

AddressTable::Entry AddressTable::add(const Key& key, uint32_t limit) noexcept {
  Entry& bucket = bucket_of(key);
  for (Entry i = bucket; i != kNone; i = addresses_[i].next) {
    Address& address = addresses_[i];
    if (address.key != key) continue;
    if (address.count >= limit) return kNone;
    ++address.count;
    return i;
  }
  CHECK(free_ != kNone && limit > 0);
  const Entry entry = free_;
  free_ = addresses_[entry].next;
  addresses_[entry] = {key, 1, bucket};
  return bucket = entry;
}

void AddressTable::remove(Entry entry) noexcept {
  Address& address = addresses_[entry];
  CHECK(address.count > 0);
  if (--address.count > 0) return;
  Entry* link = &bucket_of(address.key);
  while (*link != entry) {
    CHECK(*link != kNone);
    link = &addresses_[*link].next;
  }
  *link = address.next;
  address.next = std::exchange(free_, entry);
}

}  // namespace fanlight
