// SPDX-License-Identifier: Apache-2.0
#include "io/shared_regions.h"

#include <gtest/gtest.h>

#include <array>

namespace fanlight {
namespace {

uint64_t address_of(const std::byte* byte) {
  return reinterpret_cast<uintptr_t>(byte);
}

TEST(SharedRegionsTest, FindsOnlyWhatIsEntirelyInside) {
  std::array<std::byte, 300> memory;
  SharedRegions regions;
  EXPECT_TRUE(regions.empty());
  EXPECT_EQ(regions.find(address_of(&memory[0]), 1).fd, -1);
  regions.add(std::span(memory).subspan(100, 50), 7);
  regions.add(std::span(memory).subspan(200, 50), 8);
  EXPECT_FALSE(regions.empty());

  const auto find = [&](size_t begin, size_t size) {
    return regions.find(address_of(&memory[begin]), size);
  };
  EXPECT_EQ(find(100, 50).fd, 7);
  EXPECT_EQ(find(100, 50).offset, 0);
  EXPECT_EQ(find(149, 1).offset, 49);
  EXPECT_EQ(find(220, 30).fd, 8);
  EXPECT_EQ(find(220, 30).offset, 20);
  for (const auto& [begin, size] : {std::pair<size_t, size_t>{99, 1},
                                    {99, 2},
                                    {100, 51},
                                    {149, 2},
                                    {150, 1},
                                    {100, 150},
                                    {250, 1},
                                    {100, SIZE_MAX}}) {
    EXPECT_EQ(find(begin, size).fd, -1) << begin << " " << size;
  }
}

}  // namespace
}  // namespace fanlight
