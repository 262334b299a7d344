// SPDX-License-Identifier: Apache-2.0
// ClientSocket: an accepted connection on its way to the shard that will own it.
#pragma once

#include <cstdint>

namespace fanlight {

// A client's socket, and the kind of listener that accepted it.
struct ClientSocket {
  int fd = -1;
  bool by_admin_listener = false;
  uint64_t id = 0;  // of its connection
};

}  // namespace fanlight
