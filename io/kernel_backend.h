// SPDX-License-Identifier: Apache-2.0
// KernelBackend: what the two backends on a real kernel have in common.
#pragma once

#include "io/backend.h"

namespace fanlight {

// Owns: nothing.
// Thread: as Backend.
class KernelBackend : public Backend {
 public:
  // CLOCK_MONOTONIC and CLOCK_REALTIME.
  Instant now() noexcept override;
  WallTime wall_now() noexcept override;

  uint64_t peer_progress(int fd) noexcept override;
  void reset_on_close(int fd) noexcept override;
  PeerAddress peer_address(int fd) noexcept override;
  int open_spare() noexcept override;
  bool offload_tls(int) noexcept override { return true; }
};

}  // namespace fanlight
