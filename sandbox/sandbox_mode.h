// SPDX-License-Identifier: Apache-2.0
// Sandbox mode: the values of --sandbox.
#pragma once

namespace fanlight {

enum class SandboxMode {
  automatic,  // as much as the kernel supports
  on,         // Landlock and seccomp, or no start
  off,
};

}  // namespace fanlight
