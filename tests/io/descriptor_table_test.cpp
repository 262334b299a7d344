// SPDX-License-Identifier: Apache-2.0
#include "io/descriptor_table.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <system_error>
#include <vector>

namespace fanlight {
namespace {

// The number of pages that hold memory, among those of the table's first `count` descriptors.
size_t resident_pages(DescriptorTable& table, size_t count) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((count * sizeof(EpollDescriptor) + page - 1) / page);
  EXPECT_EQ(::mincore(table.used().data(), pages.size() * page, pages.data()), 0);
  size_t resident = 0;
  for (const unsigned char one : pages) resident += one & 1;
  return resident;
}

TEST(DescriptorTableTest, StartsEmptyAndTouchesOnlyWhatIsUsed) {
  constexpr size_t kCapacity = 100'000;
  DescriptorTable table(kCapacity);
  EXPECT_TRUE(table.used().empty());
  table.at(3).interest = 1;
  EXPECT_EQ(table.used().size(), 4u);
  table.at(kCapacity - 1).interest = 2;
  EXPECT_EQ(table.used().size(), kCapacity);
  EXPECT_EQ(resident_pages(table, kCapacity), 2u);
  EXPECT_FALSE(table.at(50'000).input);
  EXPECT_FALSE(table.at(50'000).output);
  EXPECT_FALSE(table.at(50'000).may_share);
  EXPECT_EQ(table.used().size(), kCapacity);
}

TEST(DescriptorTableTest, GrowsAndKeepsItsContents) {
  DescriptorTable table(0);
  table.at(0).interest = 42;
  table.at(0).output.user_data = 43;
  table.at(1'000'000).interest = 44;
  EXPECT_EQ(table.at(0).interest, 42u);
  EXPECT_EQ(table.at(0).output.user_data, 43u);
  EXPECT_EQ(table.used().size(), 1'000'001u);
  EXPECT_LE(resident_pages(table, 1'000'001), 2u);
}

TEST(DescriptorTableTest, ThrowsWhenAddressSpaceIsRefused) {
  EXPECT_THROW(DescriptorTable(size_t{1} << 50), std::system_error);
}

TEST(DescriptorTableTest, IsUnchangedWhenGrowthIsRefused) {
  DescriptorTable table(10);
  table.at(3).interest = 1;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_AS, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &none), 0);
  const bool has_room = table.reserve(9);
  const bool has_more = table.reserve(10'000'000);
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &before), 0);
  EXPECT_TRUE(has_room);
  EXPECT_FALSE(has_more);
  EXPECT_EQ(table.used().size(), 4u);
  EXPECT_EQ(table.at(3).interest, 1u);
  EXPECT_TRUE(table.reserve(10'000'000));
  EXPECT_EQ(table.used().size(), 4u);
}

TEST(DescriptorTableDeathTest, NegativeDescriptorAborts) {
  DescriptorTable table(1);
  EXPECT_DEATH(table.at(-1), "fd >= 0");
}

}  // namespace
}  // namespace fanlight
