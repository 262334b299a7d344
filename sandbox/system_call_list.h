// SPDX-License-Identifier: Apache-2.0
// System call list: the names of the calls that Fanlight and its libraries make.
#pragma once

#include <span>

namespace fanlight {

// Allowed with any arguments, on every architecture that has them. The C library chooses among old
// and new forms of a call. The kernel decides about these without running the filter (seccomp(2)
// caches them, Linux 5.11), so they cost what they did; calls made for each frame are all here.
std::span<const char* const> plain_system_calls() noexcept;

}  // namespace fanlight
