// SPDX-License-Identifier: Apache-2.0
// DescriptorReserve: descriptors that are kept free for later.
#pragma once

#include <cstddef>
#include <vector>

#include "core/fd.h"

namespace fanlight {

// Owns: eventfds, because they count against both limits, of this process (RLIMIT_NOFILE) and of
//   the system (file-max).
// Thread: its owner's.
class DescriptorReserve {
 public:
  // Throws std::system_error (EMFILE, ENFILE) when there are not `count` descriptors left; it then
  // holds none.
  explicit DescriptorReserve(size_t count);

  // Frees the descriptors.
  void release() noexcept { descriptors_.clear(); }

 private:
  std::vector<Fd> descriptors_;
};

}  // namespace fanlight
