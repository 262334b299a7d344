// SPDX-License-Identifier: Apache-2.0
// Health: what /healthz and /readyz say.
#pragma once

#include <span>
#include <string_view>

#include "http/delivery/shard_services.h"

namespace fanlight {

// Bytes that a reason takes at most; a longer one is cut off.
inline constexpr size_t kHealthReasonBytesMax = 160;

// Why the server should be restarted: a shard hangs. Empty when it is well; else in `room`.
std::string_view why_unhealthy(const ShardServices& services, std::span<char> room) noexcept;

// Why viewers should not be sent here yet: a camera that is not idle has no fresh picture. Empty
// when it is ready; else in `room`.
std::string_view why_not_ready(const ShardServices& services, std::span<char> room) noexcept;

}  // namespace fanlight
