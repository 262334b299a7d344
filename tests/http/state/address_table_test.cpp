// SPDX-License-Identifier: Apache-2.0
#include "http/state/address_table.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <vector>

#include "core/random.h"

namespace fanlight {
namespace {

AddressTable::Key key(uint64_t number) {
  AddressTable::Key result{};
  std::memcpy(result.data() + 8, &number, sizeof number);
  return result;
}

TEST(AddressTable, LimitsEachAddress) {
  AddressTable table(4);
  const auto a = table.add(key(1), 2);
  EXPECT_NE(a, AddressTable::kNone);
  EXPECT_EQ(table.add(key(1), 2), a);
  EXPECT_EQ(table.add(key(1), 2), AddressTable::kNone);
  EXPECT_NE(table.add(key(2), 2), AddressTable::kNone);
  table.remove(a);
  EXPECT_EQ(table.add(key(1), 2), a);
  EXPECT_EQ(table.add(key(1), 2), AddressTable::kNone);
}

TEST(AddressTable, AgreesWithAMapOverManyRandomSteps) {
  constexpr size_t kCapacity = 300;
  constexpr uint32_t kLimit = 5;
  constexpr uint64_t kSeed = 7;
  Random random(kSeed);
  AddressTable table(kCapacity);
  std::map<uint64_t, uint32_t> counts;
  std::vector<std::pair<uint64_t, AddressTable::Entry>> held;
  for (int step = 0; step < 100'000; ++step) {
    if (held.size() < kCapacity && random.chance(0.5)) {
      const uint64_t number = random.below(200);
      const auto entry = table.add(key(number), kLimit);
      ASSERT_EQ(entry == AddressTable::kNone, counts[number] == kLimit) << "seed " << kSeed;
      if (entry == AddressTable::kNone) continue;
      ++counts[number];
      held.emplace_back(number, entry);
    } else if (!held.empty()) {
      const size_t which = random.below(held.size());
      --counts[held[which].first];
      table.remove(held[which].second);
      held[which] = held.back();
      held.pop_back();
    }
  }
}

}  // namespace
}  // namespace fanlight
