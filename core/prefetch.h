// SPDX-License-Identifier: Apache-2.0
// prefetch(): brings memory into the processor's caches before it is used.
//
// Between two visits to a viewer the server copies megabytes of frames into sockets, which evicts
// the viewer from the caches.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fanlight {

// Never faults, whatever the address.
inline void prefetch(const void* memory, size_t bytes) noexcept {
  constexpr size_t kCacheLine = 64;
  // A number, because a pointer that does not point to that much memory may not be added to.
  const auto address = reinterpret_cast<uintptr_t>(memory);
  for (size_t i = 0; i < bytes; i += kCacheLine) {
    __builtin_prefetch(reinterpret_cast<const void*>(address + i));
  }
}

}  // namespace fanlight
