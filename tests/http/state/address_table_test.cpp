// SPDX-License-Identifier: Apache-2.0
#include "http/state/address_table.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <tuple>
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
  const auto a = table.add(key(1), Held::stream, 2);
  EXPECT_NE(a, AddressTable::kNone);
  EXPECT_EQ(table.add(key(1), Held::stream, 2), a);
  EXPECT_EQ(table.add(key(1), Held::stream, 2), AddressTable::kNone);
  const auto b = table.add(key(2), Held::stream, 2);
  EXPECT_NE(b, AddressTable::kNone);
  EXPECT_EQ(table.addresses(), 2u);
  table.remove(a, Held::stream);
  EXPECT_EQ(table.add(key(1), Held::stream, 2), a);
  EXPECT_EQ(table.add(key(1), Held::stream, 2), AddressTable::kNone);
  table.remove(a, Held::stream);
  table.remove(a, Held::stream);
  table.remove(b, Held::stream);
  EXPECT_EQ(table.addresses(), 0u);
}

TEST(AddressTable, CountsEachKindByItself) {
  AddressTable table(1);
  const auto entry = table.add(key(1), Held::connection, 1);
  EXPECT_EQ(table.add(key(1), Held::connection, 1), AddressTable::kNone);
  EXPECT_EQ(table.add(key(1), Held::report, 1), entry);
  table.remove(entry, Held::connection);
  EXPECT_EQ(table.addresses(), 1u) << "it still holds a report";
  EXPECT_EQ(table.add(key(1), Held::report, 1), AddressTable::kNone);
  table.remove(entry, Held::report);
  EXPECT_EQ(table.addresses(), 0u);
}

TEST(AddressTable, AgreesWithAMapOverManyRandomSteps) {
  constexpr size_t kCapacity = 300;
  constexpr uint32_t kLimit = 5;
  constexpr uint64_t kSeed = 7;
  Random random(kSeed);
  AddressTable table(kCapacity);
  std::map<std::pair<uint64_t, Held>, uint32_t> counts;
  std::vector<std::tuple<uint64_t, Held, AddressTable::Entry>> held;
  const auto remove = [&](size_t which) {
    const auto [number, kind, entry] = held[which];
    --counts[{number, kind}];
    table.remove(entry, kind);
    held[which] = held.back();
    held.pop_back();
  };
  for (int step = 0; step < 100'000; ++step) {
    if (held.size() < kCapacity && random.chance(0.5)) {
      const uint64_t number = random.below(60);
      const auto kind = static_cast<Held>(random.below(kHeldKinds));
      const auto entry = table.add(key(number), kind, kLimit);
      ASSERT_EQ(entry == AddressTable::kNone, (counts[{number, kind}] == kLimit))
          << "seed " << kSeed;
      if (entry == AddressTable::kNone) continue;
      ++counts[{number, kind}];
      held.emplace_back(number, kind, entry);
    } else if (!held.empty()) {
      remove(random.below(held.size()));
    }
  }
  while (!held.empty()) remove(0);
  EXPECT_EQ(table.addresses(), 0u);
}

}  // namespace
}  // namespace fanlight
