// SPDX-License-Identifier: Apache-2.0
// How long the kernel waits for a peer that has silently gone away (tcp(7)).
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "core/time.h"

namespace fanlight {

// An address that does not answer for this long is left for the name's next one (TCP_USER_TIMEOUT);
// libcurl alone waits for half of its time limit, and CaptureLoop for less.
inline constexpr Duration kSilentAddressTimeout = 3s;
// A peer that acknowledges nothing for this long is gone; a silent one is probed this often.
inline constexpr Duration kDeadPeerTimeout = 30s;
inline constexpr Duration kProbeAfter = 10s;
inline constexpr Duration kProbeEvery = 5s;

inline void set_tcp_option(int fd, int option, int value) {
  ::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
}

// Before it connects.
inline void prepare_socket(int fd) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  set_tcp_option(fd, TCP_KEEPIDLE, static_cast<int>(kProbeAfter / 1s));
  set_tcp_option(fd, TCP_KEEPINTVL, static_cast<int>(kProbeEvery / 1s));
  set_tcp_option(fd, TCP_USER_TIMEOUT, static_cast<int>(kSilentAddressTimeout / 1ms));
}

// Once it is connected.
inline void expect_peer(int fd) {
  set_tcp_option(fd, TCP_USER_TIMEOUT, static_cast<int>(kDeadPeerTimeout / 1ms));
}

}  // namespace fanlight
