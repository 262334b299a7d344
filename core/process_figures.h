// SPDX-License-Identifier: Apache-2.0
// ProcessFigures: what the kernel reports about this process.
#pragma once

#include <cstdint>

namespace fanlight {

struct ProcessFigures {
  double cpu_seconds = 0;          // of all threads, in user and kernel
  uint64_t resident_bytes = 0;     // 0: not known
  uint64_t descriptors_limit = 0;  // RLIMIT_NOFILE
};

// Three system calls and no allocation, so a shard may call it. Any thread.
ProcessFigures read_process_figures() noexcept;

}  // namespace fanlight
