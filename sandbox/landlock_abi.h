// SPDX-License-Identifier: Apache-2.0
// The kernel's interface to Landlock, landlock(7), up to ABI 6. Debian 12's linux/landlock.h has
// ABI 2; the kernel that runs may have any.
#pragma once

#include <linux/landlock.h>

#include <cstdint>

namespace fanlight {

// struct landlock_ruleset_attr; older kernels take what they do not know as long as it is zero.
struct LandlockRuleset {
  uint64_t handled_files = 0;
  uint64_t handled_network = 0;  // ABI 4
  uint64_t scoped = 0;           // ABI 6
};

inline constexpr uint64_t kLandlockTruncate = uint64_t{1} << 14;     // ABI 3
inline constexpr uint64_t kLandlockDeviceIoctl = uint64_t{1} << 15;  // ABI 5

inline constexpr uint64_t kLandlockBindTcp = 1;     // ABI 4
inline constexpr uint64_t kLandlockConnectTcp = 2;  // ABI 4

inline constexpr uint64_t kLandlockScopeAbstractSockets = 1;  // ABI 6
inline constexpr uint64_t kLandlockScopeSignals = 2;          // ABI 6

}  // namespace fanlight
