// SPDX-License-Identifier: Apache-2.0
#include "core/slab.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <set>
#include <vector>

#include "core/random.h"

namespace fanlight {
namespace {

struct Guest {
  explicit Guest(int* alive, int number = 0) : alive_(alive), number_(number) { ++*alive_; }
  ~Guest() { --*alive_; }
  int* alive_;
  int number_;
};

// Resident pages of a mapping that begins at `start`.
size_t resident_pages(void* start, size_t bytes) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((bytes + page - 1) / page);
  EXPECT_EQ(::mincore(start, bytes, pages.data()), 0);
  size_t count = 0;
  for (const unsigned char flags : pages) count += flags & 1;
  return count;
}

TEST(SlabTest, AllocatesUpToItsCapacity) {
  int alive = 0;
  Slab<Guest> slab(3);
  std::vector<Guest*> guests;
  for (int i = 0; i < 3; ++i) guests.push_back(slab.make(&alive, i));
  EXPECT_EQ(slab.make(&alive), nullptr);
  EXPECT_EQ(alive, 3);
  EXPECT_EQ(slab.used(), 3u);
  EXPECT_EQ(slab.capacity(), 3u);
  EXPECT_EQ(std::set<Guest*>(guests.begin(), guests.end()).size(), 3u);
  EXPECT_EQ(guests[2]->number_, 2);
  for (Guest* guest : guests) slab.destroy(guest);
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(slab.used(), 0u);
}

TEST(SlabTest, ReusesTheLastFreedPlaceFirst) {
  int alive = 0;
  Slab<Guest> slab(8);
  Guest* first = slab.make(&alive);
  Guest* second = slab.make(&alive);
  slab.destroy(first);
  slab.destroy(second);
  EXPECT_EQ(slab.make(&alive), second);
  EXPECT_EQ(slab.make(&alive), first);
  slab.destroy(first);
  slab.destroy(second);
}

TEST(SlabTest, UnusedPlacesAreNeverTouched) {
  struct Big {
    char bytes[64 << 10];
  };
  constexpr size_t kCapacity = 1000;
  Slab<Big> slab(kCapacity);
  Big* big = slab.make();
  for (int i = 0; i < 100; ++i) {
    slab.destroy(big);
    big = slab.make();
    big->bytes[0] = 1;
  }
  EXPECT_LE(resident_pages(big, kCapacity * sizeof(Big)), sizeof(Big) / 4096 + 1);
  slab.destroy(big);
}

TEST(SlabTest, KeepsAlignmentAndAddresses) {
  struct alignas(64) Line {
    uint64_t value;
  };
  Slab<Line> slab(5);
  std::vector<Line*> lines;
  for (uint64_t i = 0; i < 5; ++i) {
    lines.push_back(slab.make());
    lines.back()->value = i;
  }
  for (uint64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(lines[i]) % 64, 0u);
    EXPECT_EQ(lines[i]->value, i);
    slab.destroy(lines[i]);
  }
}

TEST(SlabTest, RandomUseNeverAllocatesAPlaceTwice) {
  constexpr uint64_t kSeed = 20'24;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  int alive = 0;
  Slab<Guest> slab(50);
  std::vector<Guest*> guests;
  std::set<Guest*> places;
  for (int step = 0; step < 10'000; ++step) {
    if (random.chance(0.5)) {
      Guest* guest = slab.make(&alive, step);
      ASSERT_EQ(guest == nullptr, guests.size() == 50);
      if (guest == nullptr) continue;
      ASSERT_TRUE(places.insert(guest).second);
      guests.push_back(guest);
    } else if (!guests.empty()) {
      const size_t index = random.below(guests.size());
      places.erase(guests[index]);
      slab.destroy(guests[index]);
      guests.erase(guests.begin() + static_cast<std::ptrdiff_t>(index));
    }
    ASSERT_EQ(slab.used(), guests.size());
    ASSERT_EQ(alive, static_cast<int>(guests.size()));
  }
  for (Guest* guest : guests) slab.destroy(guest);
}

TEST(SlabDeathTest, MisuseAborts) {
  EXPECT_DEATH(Slab<int>(0), "capacity > 0");
  EXPECT_DEATH(
      {
        Slab<int> slab(2);
        slab.make(1);
      },
      "used_ == 0");
  EXPECT_DEATH(
      {
        Slab<int> slab(2);
        Slab<int> other(2);
        slab.make(1);
        slab.destroy(other.make(2));
      },
      "place");
}

TEST(SlabTest, ThrowsWhenAddressSpaceIsRefused) {
  struct Huge {
    char bytes[1 << 30];
  };
  EXPECT_THROW(Slab<Huge>(size_t{1} << 20), std::system_error);
}

// Memory touched by a burst is given back if it was free throughout the time between two calls;
// memory that is in use, or was used meanwhile, stays.
TEST(SlabTest, TrimReleasesWhatStayedFree) {
  struct Large {
    std::array<std::byte, 20'000> bytes;
    Large() { bytes.fill(std::byte{1}); }
  };
  Slab<Large> slab(100);
  std::vector<Large*> all;
  for (int i = 0; i < 100; ++i) all.push_back(slab.make());
  const size_t bytes = size_t(all[99]->bytes.data() - all[0]->bytes.data()) + 20'000;
  const auto resident = [&] { return resident_pages(all[0], bytes); };
  const size_t full = resident();
  for (size_t i = 1; i < 100; ++i) slab.destroy(all[i]);
  slab.trim();  // they were in use until now
  EXPECT_EQ(resident(), full);
  slab.destroy(slab.make());  // uses the place that was freed last
  slab.trim();
  EXPECT_LE(resident(), 2 * full / 100 + 1);
  EXPECT_EQ(all[0]->bytes[19'999], std::byte{1});
  EXPECT_EQ(all[99]->bytes[19'999], std::byte{1});
  slab.trim();
  EXPECT_LE(resident(), full / 100 + 1);
  for (int i = 0; i < 99; ++i) EXPECT_EQ(slab.make()->bytes[0], std::byte{1});
  EXPECT_EQ(resident(), full);
  for (Large* large : all) slab.destroy(large);
}

}  // namespace
}  // namespace fanlight
