// SPDX-License-Identifier: Apache-2.0
// SharedRegions: memory backed by files, so that a socket can be given the pages themselves.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fanlight {

// Owns: nothing; the memory and the files remain the caller's. Thread: one.
class SharedRegions {
 public:
  struct Place {
    int fd = -1;  // -1: not in any region
    off_t offset = 0;
  };

  // `memory` is `fd` from its offset 0 on.
  void add(std::span<const std::byte> memory, int fd) {
    regions_.push_back({reinterpret_cast<uintptr_t>(memory.data()), memory.size(), fd});
  }

  bool empty() const { return regions_.empty(); }

  // Where the `size` bytes from `address` on are, if all of them are in one region.
  Place find(uint64_t address, size_t size) const {
    for (const Region& region : regions_) {
      const uint64_t offset = address - region.begin;  // wraps for an address before the region
      if (offset < region.size && size <= region.size - offset) {
        return {region.fd, static_cast<off_t>(offset)};
      }
    }
    return {};
  }

 private:
  struct Region {
    uint64_t begin;
    size_t size;
    int fd;
  };
  std::vector<Region> regions_;  // one for each camera
};

}  // namespace fanlight
