// SPDX-License-Identifier: Apache-2.0
// prefetch(): brings memory into the processor's caches before it is used.
//
// Between two visits to a viewer the server copies megabytes of frames into sockets, which evicts
// the viewer from the caches.
#pragma once

#include <cstddef>

namespace fanlight {

// Never faults, whatever the address.
inline void prefetch(const void* memory, size_t bytes) noexcept {
  constexpr size_t kCacheLine = 64;
  const auto* line = static_cast<const char*>(memory);
  for (size_t i = 0; i < bytes; i += kCacheLine) __builtin_prefetch(line + i);
}

}  // namespace fanlight
