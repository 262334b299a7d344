// SPDX-License-Identifier: Apache-2.0
#include "core/fd.h"

#include <unistd.h>

namespace fanlight {

void Fd::reset() {
  // close(2) frees the descriptor even when it reports EINTR on Linux, so it is never retried.
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace fanlight
