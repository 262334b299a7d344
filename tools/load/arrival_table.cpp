// SPDX-License-Identifier: Apache-2.0
#include "tools/load/arrival_table.h"

#include <sys/mman.h>

#include <cerrno>
#include <system_error>
#include <vector>

namespace fanlight {
namespace {

int64_t nanoseconds(Instant instant) {
  return instant.time_since_epoch().count();
}

}  // namespace

ArrivalTable::ArrivalTable() {
  // Free places are all zero, as fresh pages are.
  static_assert(sizeof(Place) == 32 && std::atomic<uint64_t>::is_always_lock_free);
  void* memory = ::mmap(nullptr, kPlaces * sizeof(Place), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::system_category(), "mmap");
  places_ = static_cast<Place*>(memory);
}

ArrivalTable::~ArrivalTable() {
  ::munmap(places_, kPlaces * sizeof(Place));
}

ArrivalTable::Place* ArrivalTable::find_or_take(uint64_t key) noexcept {
  const uint64_t key_plus_1 = key + 1;
  if (key_plus_1 == 0) return nullptr;
  // Fibonacci hashing: consecutive numbers are placed far apart, so viewers of neighbouring frames
  // do not share a cache line.
  size_t index = (key * 0x9e3779b97f4a7c15u) >> (64 - kPlacesBits);
  while (true) {
    Place& place = places_[index];
    uint64_t found = place.key_plus_1.load(std::memory_order_relaxed);
    if (found == 0) {
      if (taken_.load(std::memory_order_relaxed) >= kPlaces / 2) return nullptr;
      if (place.key_plus_1.compare_exchange_strong(found, key_plus_1, std::memory_order_relaxed)) {
        taken_.fetch_add(1, std::memory_order_relaxed);
        return &place;
      }
    }
    if (found == key_plus_1) return &place;
    index = (index + 1) % kPlaces;
  }
}

uint32_t ArrivalTable::arrive(uint64_t key, Instant now) noexcept {
  Place* place = find_or_take(key);
  if (place == nullptr) return kNotFollowed;
  const int64_t ns = nanoseconds(now);
  int64_t first = place->first_ns.load(std::memory_order_relaxed);
  while ((first == 0 || ns < first) &&
         !place->first_ns.compare_exchange_weak(first, ns, std::memory_order_relaxed)) {
  }
  int64_t last = place->last_ns.load(std::memory_order_relaxed);
  while (ns > last && !place->last_ns.compare_exchange_weak(last, ns, std::memory_order_relaxed)) {
  }
  return place->arrivals.fetch_add(1, std::memory_order_relaxed);
}

std::unique_ptr<ArrivalTable::Summary> ArrivalTable::summarise(Instant begin, Instant end) const {
  std::vector<const Place*> within;
  const Place* newest = nullptr;
  for (size_t i = 0; i < kPlaces && taken_.load(std::memory_order_relaxed) > 0; ++i) {
    const Place& place = places_[i];
    const int64_t first = place.first_ns.load(std::memory_order_relaxed);
    if (first < nanoseconds(begin) || first >= nanoseconds(end) || first == 0) continue;
    within.push_back(&place);
    if (newest == nullptr || first > newest->first_ns.load(std::memory_order_relaxed)) {
      newest = &place;
    }
  }
  auto summary = std::make_unique<Summary>();
  uint64_t arrivals = 0;
  for (const Place* place : within) {
    if (place == newest) continue;
    ++summary->frames;
    arrivals += place->arrivals.load(std::memory_order_relaxed);
    summary->skew.record(Duration(place->last_ns.load(std::memory_order_relaxed) -
                                  place->first_ns.load(std::memory_order_relaxed)));
  }
  if (summary->frames > 0) {
    summary->arrivals_per_frame =
        static_cast<double>(arrivals) / static_cast<double>(summary->frames);
  }
  return summary;
}

}  // namespace fanlight
