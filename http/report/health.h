// SPDX-License-Identifier: Apache-2.0
// Health: the answers of /healthz and /readyz.
#pragma once

#include <span>
#include <string_view>

#include "http/delivery/shard_services.h"

namespace fanlight {

// Maximum size of a reason in bytes; a longer one is truncated.
inline constexpr size_t kHealthReasonBytesMax = 160;

// Why the server should be restarted: a shard hangs. Empty if healthy; else written to `room`.
std::string_view why_unhealthy(const ShardServices& services, std::span<char> room) noexcept;

// Why viewers should not be sent here yet: a camera that is not idle has no fresh picture. Empty if
// ready; else written to `room`.
std::string_view why_not_ready(const ShardServices& services, std::span<char> room) noexcept;

}  // namespace fanlight
