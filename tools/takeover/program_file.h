// SPDX-License-Identifier: Apache-2.0
// Program file: which file this process is running.
#pragma once

#include <cstdint>

namespace fanlight {

struct ProgramFile {
  uint64_t device = 0;
  uint64_t inode = 0;  // 0: not known

  bool operator==(const ProgramFile&) const = default;
};

// By /proc/self/exe, which still leads to the file when another one has taken its name (proc(5)). A
// file that is in use keeps its inode.
ProgramFile program_file() noexcept;

}  // namespace fanlight
