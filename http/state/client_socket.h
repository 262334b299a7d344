// SPDX-License-Identifier: Apache-2.0
// ClientSocket: an accepted connection on its way to the shard that will own it; and the listening
// sockets that connections are accepted on.
#pragma once

#include <cstdint>

namespace fanlight {

// A socket that a shard accepts on. Borrowed.
struct ListeningSocket {
  int fd = -1;
  bool is_admin = false;  // its clients may see the addresses of viewers
  bool is_tls = false;
  bool is_local = false;  // only this machine can reach it
};

// A client's socket, and the kind of listener that accepted it.
struct ClientSocket {
  int fd = -1;
  bool by_admin_listener = false;
  bool by_tls_listener = false;
  bool by_local_listener = false;
  uint64_t id = 0;  // of its connection
};

}  // namespace fanlight
