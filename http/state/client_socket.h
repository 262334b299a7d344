// SPDX-License-Identifier: Apache-2.0
// ClientSocket: an accepted connection on its way to the shard that keeps it.
#pragma once

#include <cstdint>

namespace fanlight {

// The socket of a client, and the kind of listener that it came by.
struct ClientSocket {
  int fd = -1;
  bool by_admin_listener = false;
  uint64_t id = 0;  // of its connection
};

}  // namespace fanlight
